// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "compat/cli/command_line.h"
#include "core/inventory/inventory.h"

namespace nvinject::compat {

// What "info" prints: the driver, then a block or row for each GPU but those that the driver was
// told to leave alone, which NVML does not count. What nobody knows is "Unknown".
[[nodiscard]] std::string print_info(const Inventory& inventory, const InfoOptions& options);

}  // namespace nvinject::compat
