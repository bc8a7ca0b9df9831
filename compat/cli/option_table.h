// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one table of nvidia-container-cli's options: how each is written, what it sets, what the help
// says of it.

#include <span>
#include <string_view>

#include "compat/cli/command_line.h"
#include "core/base/result.h"

namespace nvinject::compat {

enum class OptionArgument { kNone, kRequired, kOptional };

struct OptionRow {
  char letter;            // '\0': there is none
  std::string_view name;  // of the long form
  OptionArgument argument;
  std::string_view argument_name;
  std::string_view help;
  // `argument` is empty where none is taken, or none was given for an optional one.
  Result<void> (*set)(std::string_view argument, CommandLine& line);
};

// Those of one command; of the program itself for kNone, which stand before the command.
[[nodiscard]] std::span<const OptionRow> options_of(CliCommand command);

struct CommandRow {
  CliCommand command;
  std::string_view name;
  std::string_view operand;  // as the usage shows it
  std::string_view help;
};
[[nodiscard]] std::span<const CommandRow> command_table();

}  // namespace nvinject::compat
