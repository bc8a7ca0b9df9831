// SPDX-License-Identifier: Apache-2.0
#pragma once

// STAGE 4, what will be done: grant + inventory + image facts + policy -> InjectionPlan. Pure. The
// plan holds only what every door can say in its own language, and the few steps inside the
// container's root that no runtime does for us.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/decision.h"
#include "core/base/device_number.h"
#include "core/base/file_identity.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/grant/grant.h"
#include "core/image/image_facts.h"
#include "core/inventory/inventory.h"
#include "core/linker/ld_cache.h"
#include "core/plan/policy.h"

namespace nvinject {

// kRequired: without it the container fails. kWherePossible: a door or an image that cannot have it
// goes without, and a decision says so.
enum class Need { kRequired, kWherePossible };

struct PlannedDevice {
  ContainerPath path;  // a character device
  DeviceNodeFacts node;
  std::string access = "rw";  // device cgroup: never "m", a container makes no nodes
  bool operator==(const PlannedDevice&) const = default;
};

struct PlannedMount {
  HostPath source;
  ContainerPath destination;
  std::vector<std::string> options;
  Need need = Need::kRequired;
  // Of the file that the decision was about: a door that mounts it itself mounts no other.
  std::optional<FileIdentity> identity = std::nullopt;
  bool operator==(const PlannedMount&) const = default;
};

struct PlannedEnv {
  std::string name;
  // Appended to a list that the container has ("a:b"), never with an empty element; set when it has
  // none.
  std::vector<std::string> append;
  char separator = ':';
  bool operator==(const PlannedEnv&) const = default;
};

// The driver's libraries first in the image's /etc/ld.so.cache.
struct MergeLdCache {
  std::vector<LdCacheEntry> entries;
  // The directory of the image's CUDA compatibility libraries, when these are the first entries.
  ContainerPath cuda_compat;
  bool operator==(const MergeLdCache&) const = default;
};
// Of /proc/driver/nvidia, where the container has one, only what belongs to the granted GPUs is to
// be seen, and the driver's user-space libraries are told to leave device nodes alone
// (ModifyDeviceFiles: 0). Runtimes refuse mounts in /proc: only a door that enters the container
// can do this.
struct MaskDriverProc {
  std::vector<std::string> bus_ids;       // as in Gpu::bus_id
  std::vector<std::string> capabilities;  // as in MigCapability::name
  bool operator==(const MaskDriverProc&) const = default;
};

// The application profile that shows EGL only the granted GPUs (NVIDIA driver README, "Application
// Profiles"). A directory of its own over the image's: only for a door that enters the container.
struct HideGpusFromEgl {
  std::vector<unsigned> visible_minors;
  bool operator==(const HideGpusFromEgl&) const = default;
};
using InRootStep = std::variant<MergeLdCache, MaskDriverProc, HideGpusFromEgl>;

struct InjectionPlan {
  std::vector<PlannedDevice> devices;
  std::vector<PlannedMount> mounts;
  std::vector<PlannedEnv> env;
  std::vector<gid_t> additional_gids;  // groups that own a node which not everybody may open
  std::vector<InRootStep> in_root_steps;
  Decisions decisions;
  bool operator==(const InjectionPlan&) const = default;
};

[[nodiscard]] Result<InjectionPlan> make_plan(const Grant& grant, const Inventory& inventory,
                                              const ImageFacts& image, const Policy& policy);

}  // namespace nvinject
