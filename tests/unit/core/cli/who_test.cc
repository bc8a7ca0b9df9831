// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.h"
#include "tests/unit/core/cli/status_fixture.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::sample_status;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

class Who : public nvinject::testing::StatusFixture {
 protected:
  std::string printed(const StatusReport& report, Output output) {
    start_answering(print_status(report));
    CaptureStdout();
    EXPECT_EQ(who(config_, {.output = output}), kExitOk);
    return GetCapturedStdout();
  }
};

TEST_F(Who, ShowsEachGpuWithItsContainersAndThoseWithout) {
  EXPECT_EQ(
      printed(sample_status(), Output::kText),
      "policy allocated, enforce warn; driver 550.163.01; runtime containerd 2.1.9\n"
      "kubelet: nvidia.com/gpu registered, 2 of 4 devices healthy, 2 to a GPU; Xid events are "
      "watched\n"
      "GPU 0  NVIDIA L40S  GPU-aaaa\n"
      "  team/train/main  111111111111\n"
      "  gpu-operator/dcgm/exporter  222222222222\n"
      "  default/night/job  444444444444\n"
      "GPU 1  NVIDIA L40S  GPU-bbbb  KEPT BACK: the driver reported Xid 48\n"
      "  team/train/main  111111111111\n"
      "GPU 2    UUID not shown yet  BROKEN: fell off the bus\n"
      "  nobody\n"
      "without a GPU\n"
      "  default/shop/web  333333333333  denied: nothing was allocated to it, asked for all "
      "by NVIDIA_VISIBLE_DEVICES\n"
      "  default/bird/early  555555555555  without: created while no plugin was connected, "
      "asked for 1 by NVIDIA_VISIBLE_DEVICES\n");
}

TEST_F(Who, SaysTheSameInJson) {
  const auto json = parse_json(printed(sample_status(), Output::kJson), "output");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["mode"], "allocated");
  EXPECT_EQ((*json)["gpus"].size(), 3U);
  EXPECT_EQ((*json)["gpus"][0]["containers"].size(), 3U);
  EXPECT_EQ((*json)["gpus"][1]["containers"][0]["pod"], "train");
  EXPECT_EQ((*json)["gpus"][2]["problem"], "fell off the bus");
  EXPECT_EQ((*json)["gpus"][1]["kept_back"], "the driver reported Xid 48");
  EXPECT_EQ((*json)["kubelet"]["healthy"], 2);
  EXPECT_EQ((*json)["kubelet"]["xid_watch"], "watched");
  ASSERT_EQ((*json)["without"].size(), 2U);
  EXPECT_EQ((*json)["without"][0]["outcome"], "denied");
  EXPECT_EQ((*json)["without"][0]["id"], "3333333333334444") << "whole";
}

TEST_F(Who, SaysWhyTheKubeletDoesNotKnowUs) {
  StatusReport report = sample_status();
  report.kubelet = KubeletStatus{.resource = "nvidia.com/gpu",
                                 .devices = 2,
                                 .problem = "no socket",
                                 .xid_watch = XidWatch::kReleased};
  EXPECT_THAT(printed(report, Output::kText),
              HasSubstr("\nkubelet: nvidia.com/gpu NOT registered, 0 of 2 devices healthy; GPUs "
                        "released: no Xid event is seen; no socket\n"));
  report.kubelet.reset();
  report.gpus[0].mig = true;
  const std::string text = printed(report, Output::kText);
  EXPECT_THAT(text, Not(HasSubstr("kubelet")));
  EXPECT_THAT(text, HasSubstr("GPU-aaaa  in MIG mode\n"));
}

TEST_F(Who, ShowsNoControlCharactersOfAPod) {
  StatusReport report = sample_status();
  report.containers[0].pod = "a\x1b[31m\nb";
  EXPECT_THAT(printed(report, Output::kText), HasSubstr("team/a\\x1b[31m\\x0ab/main"));
}

TEST_F(Who, FailsWithoutAPlugin) {
  CaptureStderr();
  EXPECT_EQ(who(config_, {}), kExitFailed);
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("the NRI plugin is not running"));
}

}  // namespace
}  // namespace nvinject::cli
