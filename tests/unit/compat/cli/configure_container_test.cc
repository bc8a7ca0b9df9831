// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "compat/cli/cli_argv.h"
#include "compat/cli/commands.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::Decides;
using nvinject::testing::DriverRootTree;
using nvinject::testing::TempTree;
using ::testing::Contains;
using ::testing::HasSubstr;

// Into this process's own mount namespace, so only what ends before anything is mounted.
Answer configure(const DriverRootTree& node, std::vector<std::string_view> args,
                 const std::string& rootfs) {
  args.insert(args.begin(), "configure");
  args.emplace_back(rootfs);
  const auto line = parse_cli_argv(args);
  return line ? configure_container(*line, node.roots()) : Answer{};
}

TEST(ConfigureContainer, NamesTheStageThatFailedAsTheClassicProgramDoes) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const DriverRootTree no_driver("d etc\n");
  const TempTree rootfs;
  struct Row {
    const DriverRootTree& node;
    std::vector<std::string_view> args;
    std::string rootfs;
    Failure failure;
    const char* problem;
  };
  const Row rows[] = {
      {node, {"--device=0x"}, rootfs.path(), Failure::kDevice, "--device='0x'"},
      {node, {"--device=8"}, rootfs.path(), Failure::kDevice, "unknown device '8'"},
      {node, {"--device=0"}, rootfs.path("missing"), Failure::kContainer, "missing"},
      {node,
       {"--require=driver>=9999"},
       rootfs.path(),
       Failure::kDevice,
       "requirement error: unsat"},
      {no_driver,
       {"--device=0"},
       rootfs.path(),
       Failure::kInitialization,
       "nvml error: driver not loaded: "},
  };
  for (const Row& row : rows) {
    const Answer answer = configure(row.node, row.args, row.rootfs);
    EXPECT_EQ(answer.failure, row.failure) << row.problem;
    EXPECT_THAT(answer.problem, HasSubstr(row.problem));
    EXPECT_EQ(answer.output, "");
  }
  EXPECT_EQ(rootfs.entries(""), 0U);
}

TEST(ConfigureContainer, SaysThatNoLdconfigIsRun) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const TempTree rootfs;
  const Answer answer = configure(node, {"--ldconfig=/sbin/ldconfig", "-d8"}, rootfs.path());
  EXPECT_THAT(answer.notes, Contains(Decides("/sbin/ldconfig", "not run", "without ldconfig")));
}

}  // namespace
}  // namespace nvinject::compat
