// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan applied to a container that is already there, by us and not by its runtime: what prestart
// hooks and nvidia-container-cli do. Mounts are made in the container's mount namespace, by
// descriptor on both sides (open_tree(2), move_mount(2), mount_setattr(2): Linux 5.12); device
// rules in its cgroup.

#include <sys/types.h>

#include <optional>
#include <vector>

#include "core/apply/device_cgroup.h"
#include "core/base/decision.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/capabilities.h"
#include "core/os/container_root.h"
#include "core/os/namespaces.h"
#include "core/plan/plan.h"

namespace nvinject {

// Where the container is.
struct LivePlace {
  // Of a process in the container's mount namespace and cgroup, as a prestart hook is told. Empty:
  // this process is in both already ("standalone": LXC, enroot, Apptainer).
  std::optional<pid_t> pid;
  // The root filesystem as that mount namespace sees it. In a prestart hook the container has not
  // changed its root yet.
  HostPath root;
};

// What of a plan is wanted; as nvidia-container-cli's --no-devbind and --no-cgroups.
struct LiveOptions {
  bool device_nodes = true;
  bool device_rules = true;
};

class LiveContainer {
 public:
  // Takes hold of the process by descriptor, so that its number may be given to another one
  // meanwhile, and of the root, opened in the container's mount namespace. This process is in its
  // own namespaces again when it returns. kUnsupported on kernels without mount_setattr.
  [[nodiscard]] static Result<LiveContainer> open(const LivePlace& place);

  // For looking at the image.
  [[nodiscard]] const ContainerRoot& root() const { return root_; }

  // Mounts and device rules. All or nothing: after an Error, which names the required item that
  // cannot be had, the container and the host are as they were before. What is only where-possible
  // becomes a decision.
  [[nodiscard]] Result<Decisions> apply(const InjectionPlan& plan,
                                        const LiveOptions& options) const;

  // The image's ld.so.cache, when all else has been done: nobody can take it back, and nobody has
  // to. It is parsed here, so this needs no more than kForFiles: whoever will do nothing else cuts
  // what the process has to these first.
  static constexpr Capabilities kForFiles = {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN,
                                             CAP_FOWNER};
  [[nodiscard]] Decisions merge_ld_caches(const InjectionPlan& plan) const;

 private:
  // Another mount namespace than this process's.
  struct Elsewhere {
    UniqueFd mount_namespace;
    HomeNamespace home;
  };
  LiveContainer(UniqueFd process, std::optional<Elsewhere> elsewhere, ContainerRoot root)
      : process_(std::move(process)), elsewhere_(std::move(elsewhere)), root_(std::move(root)) {}
  [[nodiscard]] Result<void> refuse_own_namespace() const;
  [[nodiscard]] Result<std::optional<InMountNamespace>> enter() const;
  [[nodiscard]] Result<DeviceCgroups> find_cgroups(const std::vector<MountEntry>& mounts) const;

  UniqueFd process_;                    // /proc/<pid>; this process itself when standalone
  std::optional<Elsewhere> elsewhere_;  // none when standalone
  ContainerRoot root_;
};

}  // namespace nvinject
