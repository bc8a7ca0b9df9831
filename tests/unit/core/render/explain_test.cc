// SPDX-License-Identifier: Apache-2.0
#include "core/render/explain.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;

Explanation sample_explanation() {
  Explanation explanation;
  explanation.request = testing::request_listed({{DeviceIdKind::kIndex, "1", 1, 0}});
  explanation.request.requirements = {{"NVIDIA_REQUIRE_CUDA", "cuda>=12.0"}};
  explanation.request.decisions = {{"NVIDIA_DRIVER_CAPABILITIES", "default", "not set"}};
  explanation.grant.scope = DeviceScope::kListed;
  explanation.grant.capabilities = {Capability::kUtility};
  explanation.grant.gpus = {{testing::sample_gpu(1), "asked for"}};
  explanation.plan = testing::sample_plan();
  explanation.notes = {{"GPU 3", "broken", "fell off the bus"}};
  return explanation;
}

TEST(ExplainText, TellsTheWholeStory) {
  const std::string text = explain_as_text(sample_explanation());
  EXPECT_EQ(text, R"(asked
  devices              1
  by                   NVIDIA_VISIBLE_DEVICES
  capabilities         compute,utility
  NVIDIA_REQUIRE_CUDA  cuda>=12.0
granted
  GPU 1  NVIDIA H100 80GB HBM3  GPU-bbbbbbbb-0000-4000-8000-000000000000  00000000:20:00.0
devices
  /dev/nvidiactl  195:255 rw
  /dev/nvidia0    195:0 rw
mounts
  /usr/lib/libcuda.so.1            <- /usr/lib64/libcuda.so.550.163.01
  /run/nvidia-persistenced/socket  <- /run/nvidia-persistenced/socket
also
  LD_LIBRARY_PATH   append /usr/local/nvidia/lib64
  additional group  985
  /etc/ld.so.cache  merge 1 entries
decisions
  NVIDIA_DRIVER_CAPABILITIES  default: not set
  /dev/nvidia-modeset         missing: no driver
  GPU 3                       broken: fell off the bus
)");
}

TEST(ExplainText, OfNothingSaysThatNothingIsAsked) {
  EXPECT_EQ(explain_as_text(Explanation{}), "asked\n  devices  nothing\n");
}

TEST(ExplainText, EndsWithTheError) {
  Explanation explanation;
  explanation.error = Error{ErrorCode::kNotFound, "unknown device '9'", 0};
  EXPECT_THAT(explain_as_text(explanation), ::testing::EndsWith("error\n  unknown device '9'\n"));
}

TEST(ExplainText, SaysThatAGpuShowsNoUuidYet) {
  Explanation explanation = sample_explanation();
  explanation.grant.gpus[0].gpu.uuid = "";
  EXPECT_THAT(explain_as_text(explanation), HasSubstr("UUID not shown yet"));
}

TEST(ExplainJson, HasTheSamePartsAlways) {
  for (const Explanation& explanation : {Explanation{}, sample_explanation()}) {
    const Json json = explain_as_json(explanation);
    for (const char* const part : {"asked", "granted", "plan", "decisions"}) {
      EXPECT_TRUE(json.contains(part)) << part;
    }
    EXPECT_FALSE(json.contains("error"));
  }
}

TEST(ExplainJson, NamesDevicesMountsAndReasons) {
  const Json json = explain_as_json(sample_explanation());
  EXPECT_EQ(json["asked"]["devices"], Json({"1"}));
  EXPECT_EQ(json["asked"]["capabilities"], Json({"compute", "utility"}));
  EXPECT_EQ(json["asked"]["requirements"][0]["expression"], "cuda>=12.0");
  EXPECT_EQ(json["granted"]["gpus"][0]["index"], 1);
  EXPECT_EQ(json["granted"]["gpus"][0]["reason"], "asked for");
  EXPECT_EQ(json["plan"]["devices"][1]["path"], "/dev/nvidia0");
  EXPECT_EQ(json["plan"]["mounts"][0]["required"], true);
  EXPECT_EQ(json["plan"]["mounts"][1]["required"], false);
  EXPECT_EQ(json["plan"]["additional_gids"], Json({985}));
  EXPECT_EQ(json["plan"]["ld_cache"][0]["soname"], "libcuda.so.1");
  EXPECT_EQ(json["decisions"].size(), 3U);
}

TEST(ExplainJson, NamesTheWordsForWholeScopes) {
  Explanation explanation;
  EXPECT_EQ(explain_as_json(explanation)["asked"]["devices"], Json::array());
  explanation.request.scope = DeviceScope::kDriverOnly;
  EXPECT_EQ(explain_as_json(explanation)["asked"]["devices"], Json({"none"}));
  explanation.request.scope = DeviceScope::kAll;
  EXPECT_EQ(explain_as_json(explanation)["asked"]["devices"], Json({"all"}));
}

TEST(ExplainJson, HasAnErrorWhenThereIsOne) {
  Explanation explanation;
  explanation.error = Error{ErrorCode::kNotFound, "unknown device '9'", 0};
  EXPECT_EQ(explain_as_json(explanation)["error"], "unknown device '9'");
}

}  // namespace
}  // namespace nvinject
