// SPDX-License-Identifier: Apache-2.0
#include "core/request/capability_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nvinject {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr CapabilitySet kDefault = {Capability::kCompute, Capability::kUtility};
constexpr CapabilitySet kVideoAndUtility = {Capability::kVideo, Capability::kUtility};

TEST(CapabilityRequest, GivesCapabilities) {
  struct Row {
    std::string_view name;
    std::vector<std::string> env;
    CapabilitySet supported;
    CapabilitySet capabilities;
  };
  const std::string variable = "NVIDIA_DRIVER_CAPABILITIES=";
  const std::vector<Row> rows = {
      {"unset means utility and compute", {}, CapabilitySet::all(), kDefault},
      {"unset means no more than is supported", {}, kVideoAndUtility, {Capability::kUtility}},
      {"unset in a legacy image means all that is supported",
       {"CUDA_VERSION=8.0"},
       kVideoAndUtility,
       kVideoAndUtility},
      {"empty is like unset", {variable}, CapabilitySet::all(), kDefault},
      {"empty in a legacy image is the default too",
       {variable, "CUDA_VERSION=8.0"},
       CapabilitySet::all(),
       kDefault},
      {"commas and blanks are like empty", {variable + " , "}, CapabilitySet::all(), kDefault},
      {"all means all that is supported", {variable + "all"}, kVideoAndUtility, kVideoAndUtility},
      {"all among others decides", {variable + "ngx,all"}, kVideoAndUtility, kVideoAndUtility},
      {"words in any order, trimmed, twice",
       {variable + " video,utility , video"},
       CapabilitySet::all(),
       kVideoAndUtility},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(parse_capability_request(Environment(row.env), row.supported), row.capabilities)
        << row.name;
  }
}

TEST(CapabilityRequest, RefusesWhatIsNotSupportedInTheClassicWords) {
  struct Row {
    std::string_view value;
    std::string_view text;
  };
  const std::vector<Row> rows = {
      {"none", "unsupported capabilities found in 'none' (allowed '')"},
      {"utility,profile,compute",
       "unsupported capabilities found in 'compute,profile,utility' (allowed 'compute,utility')"},
      {"video", "unsupported capabilities found in 'video' (allowed '')"},
      {"Utility", "unsupported capabilities found in 'Utility' (allowed '')"},
      {"a\nb", R"(unsupported capabilities found in 'a\x0ab' (allowed ''))"},
  };
  for (const Row& row : rows) {
    const std::vector<std::string> env = {"NVIDIA_DRIVER_CAPABILITIES=" + std::string(row.value)};
    const Result<CapabilitySet> capabilities = parse_capability_request(Environment(env), kDefault);
    ASSERT_FALSE(capabilities.has_value()) << row.value;
    EXPECT_EQ(capabilities.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(capabilities.error().message, EndsWith(row.text));
    EXPECT_THAT(capabilities.error().message, HasSubstr("NVIDIA_DRIVER_CAPABILITIES='"));
  }
}

}  // namespace
}  // namespace nvinject
