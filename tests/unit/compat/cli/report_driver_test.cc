// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "compat/cli/commands.h"
#include "tests/support/driver_root.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using ::testing::HasSubstr;

CompletionOptions without_probe(const DriverRootTree& node) {
  return {.probe = {.program = node.tree().host("no/nvinject-probe")}};
}

// What the driver answers is tested with complete_inventory and tests/integration/cli_test.
TEST(ReportDriver, ADriverThatDoesNotAnswerIsADetectionError) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const Answer answer = report_driver({}, node.roots(), without_probe(node));
  EXPECT_EQ(answer.failure, Failure::kDetection);
  EXPECT_THAT(answer.problem, HasSubstr("nvinject-probe"));
  EXPECT_EQ(answer.output, "");
}

TEST(ReportDriver, WithoutGpusNobodyIsAsked) {
  const DriverRootTree node(
      "t proc/driver/nvidia/version \"NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.1.2 "
      "\"\n");
  const Answer answer = report_driver({}, node.roots(), without_probe(node));
  EXPECT_EQ(answer.failure, Failure::kNone);
  EXPECT_EQ(answer.output, "NVRM version:   550.1.2\nCUDA version:   12.4\n");
}

TEST(ReportDriver, WithoutADriverTheAnswerIsTheKnownOne) {
  const DriverRootTree node("d etc\n");
  const Answer answer = report_driver({}, node.roots(), without_probe(node));
  EXPECT_EQ(answer.failure, Failure::kInitialization);
  EXPECT_THAT(answer.problem, HasSubstr("driver not loaded"));
}

}  // namespace
}  // namespace nvinject::compat
