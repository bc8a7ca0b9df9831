// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/usage.h"

#include <string_view>

#include "compat/cli/option_table.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kProgram = "nvidia-container-cli";
constexpr std::size_t kHelpColumn = 33;
constexpr std::size_t kUsageWidth = 79;

#if defined(__x86_64__)
constexpr std::string_view kPlatform = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kPlatform = "aarch64";
#else
constexpr std::string_view kPlatform = "unknown";
#endif

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "gcc " __VERSION__;
#endif

std::string argument_of(const OptionRow& row) {
  if (row.argument == OptionArgument::kNone) return {};
  const std::string argument = "=" + std::string(row.argument_name);
  return row.argument == OptionArgument::kOptional ? "[" + argument + "]" : argument;
}

// "nvidia-container-cli list"
std::string name_of(CliCommand command) {
  std::string name(kProgram);
  for (const CommandRow& row : command_table()) {
    if (row.command == command) name.append(" ").append(row.name);
  }
  return name;
}

std::string operands_of(CliCommand command) {
  if (command == CliCommand::kNone) return " COMMAND [ARG...]";
  for (const CommandRow& row : command_table()) {
    if (row.command == command && !row.operand.empty()) return " " + std::string(row.operand);
  }
  return {};
}

void add_help_line(std::string head, std::string_view help, std::string& text) {
  if (head.size() + 2 > kHelpColumn) head.append("\n").append(kHelpColumn, ' ');
  if (head.find('\n') == std::string::npos) head.resize(kHelpColumn, ' ');
  text.append(head).append(help).append("\n");
}

std::string print_help_list(CliCommand command) {
  std::string text = "Usage: " + name_of(command) + " [OPTION...]" + operands_of(command) + "\n\n";
  for (const OptionRow& row : options_of(command)) {
    std::string head =
        row.letter == '\0' ? std::string("      ") : std::string("  -") + row.letter + ", ";
    head.append("--").append(row.name).append(argument_of(row));
    add_help_line(std::move(head), row.help, text);
  }
  if (command != CliCommand::kNone) return text;
  text.append("\nCommands:\n");
  for (const CommandRow& row : command_table()) {
    add_help_line("  " + std::string(row.name), row.help, text);
  }
  return text;
}

std::string print_usage(CliCommand command) {
  std::string text;
  std::string current = "Usage: " + name_of(command);
  const auto add = [&](const std::string& piece) {
    if (current.size() + piece.size() > kUsageWidth) {
      text.append(current).append("\n");
      current.assign(11, ' ');
    }
    current.append(piece);
  };
  for (const OptionRow& row : options_of(command)) {
    const std::string letter = row.letter == '\0' ? "" : std::string("-") + row.letter + "|";
    add(" [" + letter + "--" + std::string(row.name) + argument_of(row) + "]");
  }
  add(operands_of(command));
  return text.append(current).append("\n");
}

// The seven keys that scripts look for; builds are reproducible and so have no date.
std::string print_version() {
  return std::string("cli-version: " NVINJECT_VERSION "\nlib-version: " NVINJECT_VERSION
                     "\nbuild date: none\nbuild revision: nvinject " NVINJECT_VERSION
                     "\nbuild compiler: ")
      .append(kCompiler)
      .append("\nbuild platform: ")
      .append(kPlatform)
      .append("\nbuild flags: -std=c++20 -static-pie\n");
}

}  // namespace

std::string print_help(const CommandLine& line) {
  switch (line.help) {
    case CliHelp::kHelp:
      return print_help_list(line.command);
    case CliHelp::kUsage:
      return print_usage(line.command);
    case CliHelp::kVersion:
      return print_version();
    case CliHelp::kNone:
      break;
  }
  return {};
}

std::string print_hint() {
  const std::string program(kProgram);
  return "Try `" + program + " --help' or `" + program + " --usage' for more information.\n";
}

}  // namespace nvinject::compat
