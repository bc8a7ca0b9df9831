// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/cli/commands.h"
#include "core/json/json.h"
#include "tests/support/driver_root.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::DriverRootTree;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

TEST(InfoAndList, PrintTheInventory) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  Config config;
  config.roots = node.roots();
  CaptureStdout();
  EXPECT_EQ(info(config, Output::kText), kExitOk);
  EXPECT_THAT(GetCapturedStdout(), HasSubstr("Driver version:  999.88.77\n"));
  CaptureStdout();
  EXPECT_EQ(list(config, Output::kText), kExitOk);
  EXPECT_THAT(GetCapturedStdout(), HasSubstr("library: libcuda.so.1"));
  for (const auto command : {info, list}) {
    CaptureStdout();
    EXPECT_EQ(command(config, Output::kJson), kExitOk);
    const auto json = parse_json(GetCapturedStdout(), "output");
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["gpus"].size(), 8U);
  }
}

TEST(InfoAndList, FailWithoutADriverRoot) {
  Config config;
  config.roots.driver = HostPath("/absent");
  for (const auto command : {info, list}) {
    CaptureStdout();
    CaptureStderr();
    EXPECT_EQ(command(config, Output::kText), kExitFailed);
    EXPECT_EQ(GetCapturedStdout(), "");
    EXPECT_THAT(GetCapturedStderr(), ::testing::MatchesRegex("nvinject: .*'/absent'.*\n"));
  }
}

}  // namespace
}  // namespace nvinject::cli
