// SPDX-License-Identifier: Apache-2.0
#pragma once

// Mounts by descriptor (open_tree(2), move_mount(2), mount_setattr(2), fsopen(2)): what is mounted
// and where it goes are open descriptors, so no path is resolved twice and none can be swapped in
// between. A mount that has not been attached goes away with its descriptor.

#include <sys/types.h>

#include "core/base/device_number.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

struct MountAttributes {
  bool read_only = false;
  bool no_suid = false;
  bool no_devices = false;
  bool no_execution = false;
  bool operator==(const MountAttributes&) const = default;
};

// Makes mounts of what is on the host.
class MountCloner {
 public:
  // The file, node, socket or directory at `source` as a mount of its own, attached nowhere and
  // private, with these attributes. A link in the last place is not followed. kUnsupported before
  // Linux 5.12.
  [[nodiscard]] Result<UniqueFd> clone(const HostPath& source, const MountAttributes& attributes);

 private:
  bool in_one_call_ = true;  // open_tree_attr(2), Linux 6.15
};

// An empty tmpfs, attached nowhere; its root directory has this mode. Files are made through the
// descriptor.
[[nodiscard]] Result<UniqueFd> make_tmpfs(mode_t mode);

// A character device of our own making, as a mount of itself, attached nowhere: on a file system
// that nothing else shows.
[[nodiscard]] Result<UniqueFd> make_device_mount(const DeviceNodeFacts& node);

// Also makes it private: no event passes between it and any other mount. kUnsupported before
// Linux 5.12.
[[nodiscard]] Result<void> set_mount_attributes(int mount_fd, const MountAttributes& attributes);

// Attaches the mount on the very file or directory that `target_fd` is open on.
[[nodiscard]] Result<void> attach_mount(int mount_fd, int target_fd);

// Takes attached mounts away again, in whatever mount namespace this process is in now: it must be
// theirs. For rollbacks; what cannot be undone is ignored. umount2(2) takes only paths, and the
// /proc of a container is what the container says: so this keeps a descriptor of the host's.
class Detacher {
 public:
  // Call it before a container's namespace is entered.
  [[nodiscard]] static Result<Detacher> open();
  // The same for who has the host's root open: nothing is opened before something is detached.
  // `host_root_fd` outlives this.
  [[nodiscard]] static Detacher below(int host_root_fd) { return Detacher(host_root_fd, {}); }
  // The working directory is another one afterwards.
  void detach(int mount_fd);

 private:
  Detacher(int host_root_fd, UniqueFd descriptors)
      : host_root_fd_(host_root_fd), descriptors_(std::move(descriptors)) {}
  int host_root_fd_;      // -1: none
  UniqueFd descriptors_;  // /proc/self/fd
};

// How a mount shares what is mounted below it (mount_namespaces(7)), to be had again later: a mount
// of the same peer group, attached nowhere.
class Propagation {
 public:
  // `directory_fd` is the root of a mount.
  [[nodiscard]] static Result<Propagation> of(int directory_fd);
  // kUnsupported before Linux 5.15.
  [[nodiscard]] Result<void> restore(int directory_fd) const;

 private:
  explicit Propagation(UniqueFd peer) : peer_(std::move(peer)) {}
  UniqueFd peer_;
};

// What is mounted below from now on shows no more in other namespaces, while what they mount still
// shows here. `directory_fd` must be the root of a mount.
[[nodiscard]] Result<void> make_mount_slave(int directory_fd);

}  // namespace nvinject
