// SPDX-License-Identifier: Apache-2.0
#pragma once

// Options as getopt_long(3) reads them for glibc's argp with ARGP_IN_ORDER: "--name=ARG",
// "--name ARG", a unique beginning of a name, "-xARG", "-x ARG", letters without argument in one
// word ("-kn"), an optional argument only where it is attached, and nothing but operands behind
// "--".

#include <span>
#include <string_view>
#include <vector>

#include "compat/cli/command_line.h"
#include "compat/cli/option_table.h"
#include "core/base/result.h"

namespace nvinject::compat {

// Of a program, the first operand is a command, and options behind it are that command's.
enum class Operands { kAnywhere, kFirstEnds };

// What is no option, in order; with kFirstEnds the first operand and all that follows. Sets what
// the options of `rows` say, and stops where one asks for help. kInvalidRequest: a line that cannot
// be read, in getopt's words; other errors are those of the options.
[[nodiscard]] Result<std::vector<std::string_view>> read_options(
    std::span<const std::string_view> args, std::span<const OptionRow> rows, Operands operands,
    CommandLine& line);

}  // namespace nvinject::compat
