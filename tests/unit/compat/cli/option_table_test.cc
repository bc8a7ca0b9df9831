// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/option_table.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace nvinject::compat {
namespace {

using ::testing::ElementsAre;

// "-d --debug=" for an argument that must be there, "[=]" for one that may.
std::string spelling(const OptionRow& row) {
  std::string text = row.letter == '\0' ? "" : std::string("-") + row.letter + " ";
  text.append("--").append(row.name);
  if (row.argument == OptionArgument::kRequired) text.append("=");
  if (row.argument == OptionArgument::kOptional) text.append("[=]");
  return text;
}

std::set<std::string> spellings(CliCommand command) {
  std::set<std::string> all;
  for (const OptionRow& row : options_of(command)) all.insert(spelling(row));
  return all;
}

std::set<std::string> with_help(std::set<std::string> own) {
  own.insert({"-? --help", "--usage", "-V --version"});
  return own;
}

// Written down a second time: callers depend on every letter.
TEST(OptionTable, HasEveryOptionOfTheClassicProgram) {
  EXPECT_EQ(spellings(CliCommand::kNone),
            with_help({"-d --debug=", "-k --load-kmods", "-n --no-pivot", "-u --user[=]",
                       "-r --root=", "-l --ldcache=", "--no-create-imex-channels"}));
  EXPECT_EQ(spellings(CliCommand::kInfo), with_help({"--csv"}));
  EXPECT_EQ(spellings(CliCommand::kList),
            with_help({"-d --device=", "-l --libraries", "-b --binaries", "-i --ipcs",
                       "-f --firmwares", "--compat32",
                       "--mig-config=", "--mig-monitor=", "--imex-channel=", "--no-persistenced",
                       "--no-fabricmanager", "--no-gsp-firmware"}));
  EXPECT_EQ(
      spellings(CliCommand::kConfigure),
      with_help({"-p --pid=",          "-d --device=",       "-r --require=",     "-l --ldconfig=",
                 "-c --compute",       "-u --utility",       "-v --video",        "-g --graphics",
                 "-D --display",       "-n --ngx",           "--compat32",        "--mig-config=",
                 "--mig-monitor=",     "--imex-channel=",    "--no-cgroups",      "--no-devbind",
                 "--no-persistenced",  "--no-fabricmanager", "--no-gsp-firmware", "--no-cntlibs",
                 "--cuda-compat-mode="}));
}

// Each option of a command, given with an argument that it takes, changes the line in its own way.
TEST(OptionTable, EveryOptionSetsItsOwnMember) {
  const auto set = [](CliCommand command, std::string_view name, std::string_view argument = "") {
    CommandLine line;
    for (const OptionRow& row : options_of(command)) {
      if (row.name != name) continue;
      EXPECT_TRUE(row.set(argument, line)) << name;
    }
    return line;
  };
  EXPECT_FALSE(set(CliCommand::kNone, "no-create-imex-channels").create_imex_channels);
  EXPECT_TRUE(set(CliCommand::kInfo, "csv").info.csv);
  EXPECT_TRUE(set(CliCommand::kList, "libraries").list.libraries);
  EXPECT_TRUE(set(CliCommand::kList, "binaries").list.binaries);
  EXPECT_TRUE(set(CliCommand::kList, "ipcs").list.ipcs);
  EXPECT_TRUE(set(CliCommand::kList, "firmwares").list.firmwares);
  EXPECT_TRUE(set(CliCommand::kList, "compat32").wanted.compat32);
  for (const CliCommand command : {CliCommand::kList, CliCommand::kConfigure}) {
    EXPECT_FALSE(set(command, "no-persistenced").wanted.persistenced);
    EXPECT_FALSE(set(command, "no-fabricmanager").wanted.fabricmanager);
    EXPECT_FALSE(set(command, "no-gsp-firmware").wanted.gsp_firmware);
    EXPECT_TRUE(set(command, "mig-config", "all").wanted.mig_config);
    EXPECT_TRUE(set(command, "mig-monitor", "all").wanted.mig_monitor);
    EXPECT_THAT(set(command, "imex-channel", "7").wanted.imex_channels, ElementsAre("7"));
  }
  EXPECT_FALSE(set(CliCommand::kConfigure, "no-cgroups").configure.cgroups);
  EXPECT_FALSE(set(CliCommand::kConfigure, "no-devbind").configure.devbind);
  EXPECT_FALSE(set(CliCommand::kConfigure, "no-cntlibs").configure.container_libraries);
  for (const CapabilityName& capability : kCapabilityNames) {
    EXPECT_TRUE(set(CliCommand::kConfigure, capability.name).configure.capabilities ==
                CapabilitySet({capability.capability}))
        << capability.name;
  }
}

}  // namespace
}  // namespace nvinject::compat
