// SPDX-License-Identifier: Apache-2.0
#pragma once

// Devices asked for by volume mounts: a mount of /dev/null names one in its destination, which a
// pod cannot set without being allowed to mount host paths.
//
//   /var/run/nvidia-container-devices/<device>
//   /var/run/nvidia-container-devices/imex/<channel>
//   /var/run/nvidia-container-devices/cdi/<vendor>/<class>/<device>      (or <class>=<device>)

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/request/container_facts.h"

namespace nvinject {

struct VolumeMountRequests {
  std::vector<std::string> devices;
  std::vector<std::string> imex_channels;
  Decisions decisions;
  bool operator==(const VolumeMountRequests&) const = default;
};

[[nodiscard]] VolumeMountRequests parse_volume_mounts(const std::vector<MountFact>& mounts);

}  // namespace nvinject
