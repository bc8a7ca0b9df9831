// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/usage.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "compat/cli/option_table.h"
#include "core/base/text.h"

namespace nvinject::compat {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string printed(CliHelp help, CliCommand command = CliCommand::kNone) {
  CommandLine line;
  line.help = help;
  line.command = command;
  return print_help(line);
}

TEST(Usage, TheVersionHasTheSevenLinesThatScriptsRead) {
  const std::string text = printed(CliHelp::kVersion);
  const std::vector<std::string_view> lines = split(text, '\n');
  const char* const keys[] = {"cli-version",    "lib-version",    "build date", "build revision",
                              "build compiler", "build platform", "build flags"};
  ASSERT_EQ(lines.size(), std::size(keys) + 1);
  for (std::size_t i = 0; i < std::size(keys); ++i) {
    EXPECT_THAT(std::string(lines[i]), StartsWith(std::string(keys[i]) + ": "));
  }
  EXPECT_EQ(lines.front(), "cli-version: " NVINJECT_VERSION);
}

TEST(Usage, HelpAndUsageNameEveryOptionOfTheirCommand) {
  for (const CliCommand command :
       {CliCommand::kNone, CliCommand::kInfo, CliCommand::kList, CliCommand::kConfigure}) {
    for (const OptionRow& row : options_of(command)) {
      const std::string option = "--" + std::string(row.name);
      EXPECT_THAT(printed(CliHelp::kHelp, command), HasSubstr(option));
      EXPECT_THAT(printed(CliHelp::kHelp, command), HasSubstr(std::string(row.help) + "\n"));
      EXPECT_THAT(printed(CliHelp::kUsage, command), HasSubstr(option));
    }
  }
}

TEST(Usage, NamesTheProgramTheCommandAndItsOperand) {
  EXPECT_THAT(printed(CliHelp::kHelp),
              StartsWith("Usage: nvidia-container-cli [OPTION...] COMMAND [ARG...]\n"));
  EXPECT_THAT(printed(CliHelp::kHelp, CliCommand::kConfigure),
              StartsWith("Usage: nvidia-container-cli configure [OPTION...] ROOTFS\n"));
  EXPECT_EQ(printed(CliHelp::kUsage, CliCommand::kInfo),
            "Usage: nvidia-container-cli info [--csv] [-?|--help] [--usage] [-V|--version]\n");
}

TEST(Usage, LinesFitATerminal) {
  for (const CliCommand command :
       {CliCommand::kNone, CliCommand::kInfo, CliCommand::kList, CliCommand::kConfigure}) {
    for (const CliHelp help : {CliHelp::kHelp, CliHelp::kUsage}) {
      const std::string text = printed(help, command);
      for (const std::string_view one : split(text, '\n')) EXPECT_LE(one.size(), 100U) << one;
    }
  }
}

TEST(Usage, TheHintNamesTheProgram) {
  EXPECT_EQ(print_hint(),
            "Try `nvidia-container-cli --help' or `nvidia-container-cli --usage' for more "
            "information.\n");
}

}  // namespace
}  // namespace nvinject::compat
