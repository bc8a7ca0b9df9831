// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "compat/cli/commands.h"
#include "core/inventory/inventory.h"
#include "core/inventory/wanted_files.h"

namespace nvinject::compat {

// A node whose driver is loaded, after --load-kmods; empty with the answer's failure set.
[[nodiscard]] std::optional<Inventory> inspect_driver(const CommandLine& line, const Roots& roots,
                                                      const WantedFiles& wanted, Answer& answer);

}  // namespace nvinject::compat
