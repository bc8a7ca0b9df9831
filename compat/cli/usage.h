// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nvidia-container-cli says about itself.

#include <string>

#include "compat/cli/command_line.h"

namespace nvinject::compat {

// For line.help, about line.command.
[[nodiscard]] std::string print_help(const CommandLine& line);

// What stands below a complaint about the command line.
[[nodiscard]] std::string print_hint();

}  // namespace nvinject::compat
