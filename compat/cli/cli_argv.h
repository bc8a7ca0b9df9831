// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "compat/cli/command_line.h"
#include "core/base/result.h"

namespace nvinject::compat {

// `args` without argv[0]. kInvalidRequest: a line that cannot be read, to be shown with a hint at
// the help; kUnsupported: one that is understood and refused.
[[nodiscard]] Result<CommandLine> parse_cli_argv(const std::vector<std::string_view>& args);

}  // namespace nvinject::compat
