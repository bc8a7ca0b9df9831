// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compat/cli/command_line.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"

namespace nvinject::compat {

// What an inventory does not hold, as far as it is to be printed.
struct ExtraFiles {
  std::vector<DriverPath> firmware;
};

// What "list" prints, one path a line, as seen from the driver root: device nodes, programs,
// libraries, sockets, firmware. Others mount what they read here, so order and spelling are an
// interface. kNotFound and the like for a device that is not there.
[[nodiscard]] Result<std::string> print_list(const Inventory& inventory, const ExtraFiles& extra,
                                             const CommandLine& line);

}  // namespace nvinject::compat
