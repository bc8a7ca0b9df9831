// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.h"
#include "tests/unit/core/cli/status_fixture.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::sample_status;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

class Audit : public nvinject::testing::StatusFixture {
 protected:
  std::string printed(const StatusReport& report, Output output) {
    start_answering(print_status(report));
    CaptureStdout();
    EXPECT_EQ(audit(config_, {.output = output}), kExitOk);
    return GetCapturedStdout();
  }
};

TEST_F(Audit, ComparesWhatEachContainerHasWithWhatItWouldGet) {
  const std::string text = printed(sample_status(), Output::kText);
  EXPECT_THAT(text, HasSubstr("team/train/main  111111111111\n"
                              "  asked       0,1 by NVIDIA_VISIBLE_DEVICES\n"
                              "  has         GPU 0, GPU 1\n"
                              "  would get   GPU 0, GPU 1\n"
                              "  difference  none\n"
                              "  reason      served: management namespace\n"));
  EXPECT_THAT(text, HasSubstr("gpu-operator/dcgm/exporter  222222222222\n"
                              "  asked       nothing\n"
                              "  has         GPU 0\n"
                              "  would get   GPU 0\n"
                              "  difference  none\n"));
  EXPECT_THAT(text, HasSubstr("default/shop/web  333333333333\n"
                              "  asked       all by NVIDIA_VISIBLE_DEVICES\n"
                              "  has         nothing\n"
                              "  would get   nothing\n"
                              "  difference  none\n"
                              "  reason      denied: nothing was allocated to it\n"));
  EXPECT_THAT(text, HasSubstr("  has         GPU 0\n"
                              "  would get   GPU 1\n"
                              "  difference  more: GPU 1; less: GPU 0\n"));
  EXPECT_THAT(text, HasSubstr("  has         nothing\n"
                              "  would get   GPU 1\n"
                              "  difference  more: GPU 1\n"));
}

TEST_F(Audit, SaysTheSameInJson) {
  const auto json = parse_json(printed(sample_status(), Output::kJson), "output");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["enforce"], "warn");
  ASSERT_EQ((*json)["containers"].size(), 5U);
  const Json& audited = (*json)["containers"][3];
  EXPECT_EQ(audited["has"], Json::array({0}));
  EXPECT_EQ(audited["would_get"], Json::array({1}));
  EXPECT_EQ(audited["more"], Json::array({1}));
  EXPECT_EQ(audited["less"], Json::array({0}));
  EXPECT_EQ((*json)["containers"][0]["more"], Json::array());
}

TEST_F(Audit, ShowsWhatADeniedContainerHasAllTheSame) {
  StatusReport report = sample_status();
  report.containers = {report.containers[2]};
  report.containers[0].gpus = {1};
  EXPECT_THAT(printed(report, Output::kText), HasSubstr("difference  less: GPU 1\n"));
}

TEST_F(Audit, SaysThatThereIsNobody) {
  EXPECT_THAT(printed(StatusReport{}, Output::kText), HasSubstr("no container has to do with"));
}

TEST_F(Audit, FailsWithoutAPlugin) {
  CaptureStderr();
  EXPECT_EQ(audit(config_, {}), kExitFailed);
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("the NRI plugin is not running"));
}

}  // namespace
}  // namespace nvinject::cli
