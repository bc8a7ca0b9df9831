// SPDX-License-Identifier: Apache-2.0
#pragma once

// Device numbers of nodes that nobody has made yet: the majors from /proc/devices (proc(5)), the
// owner and mode from /proc/driver/nvidia/params.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/device_number.h"

namespace nvinject {

// Name -> major of the "Character devices:" part.
using DeviceMajors = std::map<std::string, std::uint32_t, std::less<>>;
[[nodiscard]] DeviceMajors parse_device_majors(std::string_view proc_devices);

// How the driver wants its nodes: DeviceFileUID, DeviceFileGID, DeviceFileMode. `modify` is false
// where ModifyDeviceFiles is 0: then somebody else makes them.
struct DeviceFileParameters {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0666;
  bool modify = true;
  unsigned imex_channels = 0;  // ImexChannelCount: how many channels the driver has
  bool operator==(const DeviceFileParameters&) const = default;
};
[[nodiscard]] DeviceFileParameters parse_driver_parameters(std::string_view params);

// What the node `name` below /dev would be: "nvidia0", "nvidiactl", "nvidia-modeset", "nvidia-uvm",
// "nvidia-uvm-tools", "nvidia-caps/nvidia-cap1", "nvidia-caps-imex-channels/channel0". Empty when
// its driver is not loaded.
[[nodiscard]] std::optional<DeviceNodeFacts> derive_device_node(
    std::string_view name, const DeviceMajors& majors, const DeviceFileParameters& parameters);

}  // namespace nvinject
