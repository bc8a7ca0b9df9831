// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looking something up in an inventory: whether a GPU has a name, what MIG calls its rights, and
// which nodes belong to a right and to an IMEX channel. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/inventory/inventory.h"

namespace nvinject {

// Nothing is wrong with it, and the driver has yet to tell its UUID.
[[nodiscard]] bool lacks_uuid(const Gpu& gpu);

// As in MigCapability::name.
inline constexpr std::string_view kMigConfig = "mig/config";
inline constexpr std::string_view kMigMonitor = "mig/monitor";
[[nodiscard]] std::string gpu_instance_file(const Gpu& gpu, const MigDevice& device);
[[nodiscard]] std::string compute_instance_file(const Gpu& gpu, const MigDevice& device);

// Null when the driver does not show it.
[[nodiscard]] const MigCapability* find_mig_capability(const Inventory& inventory,
                                                       std::string_view name);

// Empty: neither a node nor a channel of the driver.
[[nodiscard]] std::optional<DeviceNodeFacts> find_imex_channel(const ImexChannels& channels,
                                                               unsigned number);

}  // namespace nvinject
