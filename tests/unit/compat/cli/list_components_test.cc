// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "compat/cli/cli_argv.h"
#include "compat/cli/commands.h"
#include "tests/support/driver_root.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Answer list(const DriverRootTree& node, const std::vector<std::string_view>& args) {
  const auto line = parse_cli_argv(args);
  return line ? list_components(*line, node.roots()) : Answer{};
}

TEST(ListComponents, PrintsResolvedFilesOfTheDriverRoot) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const Answer answer = list(node, {"list"});
  EXPECT_EQ(answer.failure, Failure::kNone);
  EXPECT_THAT(answer.output, StartsWith("/dev/nvidiactl\n"));
  EXPECT_THAT(answer.output,
              HasSubstr("\n/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.999.88.77\n"));
  EXPECT_THAT(answer.output, HasSubstr("\n/run/nvidia-persistenced/socket\n"));
  EXPECT_EQ(answer.output.find(node.tree().path()), std::string::npos);
}

TEST(ListComponents, LooksOnlyForWhatIsPrinted) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const Answer answer = list(node, {"list", "--device=all"});
  EXPECT_EQ(answer.failure, Failure::kNone);
  EXPECT_EQ(answer.output.find("/usr/"), std::string::npos);
  for (const Decision& note : answer.notes) EXPECT_NE(note.subject, "libraries");
}

TEST(ListComponents, PrintsFirmwareOfTheDriversVersion) {
  const DriverRootTree node(
      "t proc/driver/nvidia/version \"NVRM version: NVIDIA UNIX x86_64 Kernel Module  999.88.77 "
      "\"\n"
      "t lib/firmware/nvidia/999.88.77/gsp_tu10x.bin \"x\"\n"
      "t lib/firmware/nvidia/999.88.77/gsp_ga10x.bin \"x\"\n"
      "t lib/firmware/nvidia/999.88.76/gsp_ga10x.bin \"x\"\n");
  EXPECT_EQ(list(node, {"list", "-f"}).output,
            "/lib/firmware/nvidia/999.88.77/gsp_ga10x.bin\n"
            "/lib/firmware/nvidia/999.88.77/gsp_tu10x.bin\n");
}

TEST(ListComponents, AnUnknownDeviceIsADeviceErrorAndPrintsNothing) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const Answer answer = list(node, {"list", "-b", "--device=8"});
  EXPECT_EQ(answer.failure, Failure::kDevice);
  EXPECT_THAT(answer.problem, HasSubstr("unknown device '8'"));
  EXPECT_EQ(answer.output, "");
}

}  // namespace
}  // namespace nvinject::compat
