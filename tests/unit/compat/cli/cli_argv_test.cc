// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/cli_argv.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::Optional;

TEST(CliArgv, CommandLinesOfKnownCallersAreUnderstood) {
  // docker through the classic hook
  const auto hook =
      parse_cli_argv({"--root=/run/nvidia/driver", "--load-kmods", "configure",
                      "--ldconfig=@/sbin/ldconfig.real", "--device=all", "--compute", "--utility",
                      "--require=cuda>=12.4", "--pid=4711", "/var/lib/docker/overlay2/x/merged"});
  ASSERT_THAT(hook, Succeeds());
  EXPECT_EQ(hook->command, CliCommand::kConfigure);
  EXPECT_EQ(hook->driver_root, "/run/nvidia/driver");
  EXPECT_TRUE(hook->load_kmods);
  EXPECT_EQ(hook->configure.pid, 4711);
  EXPECT_EQ(hook->configure.rootfs, "/var/lib/docker/overlay2/x/merged");
  EXPECT_EQ(hook->configure.ldconfig, "@/sbin/ldconfig.real");
  EXPECT_THAT(hook->configure.requirements, ElementsAre("cuda>=12.4"));
  EXPECT_TRUE(hook->configure.capabilities ==
              CapabilitySet({Capability::kCompute, Capability::kUtility}));

  // LXC, Apptainer and enroot in a user namespace
  const auto lxc =
      parse_cli_argv({"--user", "configure", "--no-cgroups", "--ldconfig=@/usr/sbin/ldconfig",
                      "--device=0,1", "--utility", "/usr/lib/x86_64-linux-gnu/lxc/rootfs"});
  ASSERT_THAT(lxc, Succeeds());
  EXPECT_FALSE(lxc->configure.pid);
  EXPECT_FALSE(lxc->configure.cgroups);
  EXPECT_THAT(lxc->wanted.devices, Optional(ElementsAre("0", "1")));
}

TEST(CliArgv, GlobalOptionsStandBeforeTheCommand) {
  EXPECT_THAT(parse_cli_argv({"info", "--debug=/tmp/x"}),
              FailsWith(ErrorCode::kInvalidRequest, "'--debug'"));
  // The same letter means something else behind it.
  const auto line = parse_cli_argv({"-d", "/tmp/x", "list", "-d", "0"});
  ASSERT_THAT(line, Succeeds());
  EXPECT_EQ(line->debug_file, "/tmp/x");
  EXPECT_THAT(line->wanted.devices, Optional(ElementsAre("0")));
}

TEST(CliArgv, ACommandIsNeeded) {
  EXPECT_THAT(parse_cli_argv({}), FailsWith(ErrorCode::kInvalidRequest, "COMMAND"));
  EXPECT_THAT(parse_cli_argv({"-k"}), FailsWith(ErrorCode::kInvalidRequest, "COMMAND"));
  EXPECT_THAT(parse_cli_argv({"inf"}), FailsWith(ErrorCode::kInvalidRequest, "'inf'"));
}

TEST(CliArgv, ListWithoutOptionsMeansEverything) {
  struct Row {
    std::vector<std::string_view> args;
    bool everything;
  };
  const Row rows[] = {
      {{"list"}, true},
      {{"--root=/x", "list"}, true},
      {{"list", "--imex-channel=0"}, true},
      {{"list", "--imex-channel", "0"}, false},
      {{"list", "--no-persistenced"}, false},
      {{"list", "--libraries"}, false},
      {{"list", "--"}, false},
  };
  for (const Row& row : rows) {
    const auto line = parse_cli_argv(row.args);
    ASSERT_THAT(line, Succeeds()) << row.args.back();
    EXPECT_EQ(line->wanted.devices.has_value(), row.everything) << row.args.back();
    EXPECT_EQ(line->list.firmwares, row.everything) << row.args.back();
    EXPECT_EQ(line->wanted.compat32, row.everything) << row.args.back();
  }
}

TEST(CliArgv, OnlyConfigureHasAnOperandAndItHasOne) {
  EXPECT_THAT(parse_cli_argv({"info", "x"}), FailsWith(ErrorCode::kInvalidRequest, "Too many"));
  EXPECT_THAT(parse_cli_argv({"list", "x"}), FailsWith(ErrorCode::kInvalidRequest, "Too many"));
  EXPECT_THAT(parse_cli_argv({"configure"}), FailsWith(ErrorCode::kInvalidRequest, "ROOTFS"));
  EXPECT_THAT(parse_cli_argv({"configure", "/a", "/b"}),
              FailsWith(ErrorCode::kInvalidRequest, "Too many"));
  EXPECT_THAT(parse_cli_argv({"configure", "/a", "--compute"}), Succeeds());
}

TEST(CliArgv, TheRootOfAContainerIsAbsoluteAndNotTheHosts) {
  for (const std::string_view rootfs : {"", "rootfs", "./rootfs", "/", "//"}) {
    EXPECT_THAT(parse_cli_argv({"configure", rootfs}),
                FailsWith(ErrorCode::kUnsupported, "container error: invalid rootfs directory"))
        << rootfs;
  }
}

TEST(CliArgv, MigManagementIsForAllOrNone) {
  for (const std::string_view device : {"0:1", "MIG-aaaaaaaa-0000-4000-8000-000000000000"}) {
    EXPECT_THAT(parse_cli_argv({"configure", "--mig-config=all", "-d", device, "/r"}),
                FailsWith(ErrorCode::kUnsupported, "mig-config error: cannot enable mig-config"));
    EXPECT_THAT(parse_cli_argv({"configure", "--mig-monitor=all", "-d", device, "/r"}),
                FailsWith(ErrorCode::kUnsupported, "mig-monitor error: cannot enable"));
    EXPECT_THAT(parse_cli_argv({"configure", "--mig-config=all", "-d", device, "-dall", "/r"}),
                Succeeds());
  }
  EXPECT_THAT(parse_cli_argv({"configure", "--mig-config=all", "-d", "0", "/r"}), Succeeds());
}

TEST(CliArgv, HelpIsAboutTheCommandAndNeedsNothingElse) {
  const auto program = parse_cli_argv({"-k", "-?", "--nonsense"});
  ASSERT_THAT(program, Succeeds());
  EXPECT_EQ(program->help, CliHelp::kHelp);
  EXPECT_EQ(program->command, CliCommand::kNone);
  const auto command = parse_cli_argv({"configure", "--usage"});
  ASSERT_THAT(command, Succeeds());
  EXPECT_EQ(command->help, CliHelp::kUsage);
  EXPECT_EQ(command->command, CliCommand::kConfigure);
  // What stands before is read first.
  EXPECT_THAT(parse_cli_argv({"--nonsense", "-V"}),
              FailsWith(ErrorCode::kInvalidRequest, "nonsense"));
}

}  // namespace
}  // namespace nvinject::compat
