// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files below /proc/driver/nvidia/capabilities: each stands for one right in MIG, and says which
// node of /dev/nvidia-caps grants it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"

namespace nvinject {

// "DeviceFileMinor: 7" among other lines.
[[nodiscard]] std::optional<unsigned> parse_capability_minor(std::string_view text);

// The names of files below that directory.
inline constexpr std::string_view kMigConfig = "mig/config";
inline constexpr std::string_view kMigMonitor = "mig/monitor";
[[nodiscard]] std::string gpu_instance_file(const Gpu& gpu, const MigDevice& device);
[[nodiscard]] std::string compute_instance_file(const Gpu& gpu, const MigDevice& device);

// Name -> minor of the node: those that reconfigure and watch MIG, and those of each MIG device.
// What the driver does not show is left out.
using CapabilityFiles = std::map<std::string, unsigned, std::less<>>;
[[nodiscard]] CapabilityFiles scan_capability_files(const Roots& roots, const Inventory& inventory);

}  // namespace nvinject
