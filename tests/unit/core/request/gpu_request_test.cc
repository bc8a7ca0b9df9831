// SPDX-License-Identifier: Apache-2.0
#include "core/request/gpu_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Every other variable of this module, malformed.
const std::vector<std::string> kMalformed = {"NVIDIA_DRIVER_CAPABILITIES=bogus",
                                             "NVIDIA_MIG_CONFIG_DEVICES=all",
                                             "NVIDIA_MIG_MONITOR_DEVICES=all",
                                             "NVIDIA_IMEX_CHANNELS=bogus",
                                             "NVIDIA_REQUIRE_CUDA=bogus",
                                             "NVIDIA_DISABLE_REQUIRE=bogus",
                                             "bogus"};

TEST(Request, IsWholeForAnOrdinaryImage) {
  const ContainerFacts facts{.env = {"PATH=/bin", "NVIDIA_VISIBLE_DEVICES=0,GPU-ab",
                                     "NVIDIA_DRIVER_CAPABILITIES=compute,video",
                                     "NVIDIA_REQUIRE_CUDA=cuda>=12.6 brand=tesla,driver>=470",
                                     "CUDA_VERSION=12.6.1", "NVIDIA_GDS=enabled",
                                     "NVIDIA_IMEX_CHANNELS=3"}};
  GpuRequest expected;
  expected.scope = DeviceScope::kListed;
  expected.devices = {{DeviceIdKind::kIndex, "0", 0, 0}, {DeviceIdKind::kUuid, "GPU-ab", 0, 0}};
  expected.source = "NVIDIA_VISIBLE_DEVICES";
  expected.capabilities = {Capability::kCompute, Capability::kVideo};
  expected.requirements = {{"NVIDIA_REQUIRE_CUDA", "cuda>=12.6 brand=tesla,driver>=470"}};
  expected.extras.imex_channels = {"3"};
  expected.extras.gates = {"NVIDIA_GDS"};
  EXPECT_EQ(parse_request(facts, {}), expected);
}

TEST(Request, IsWholeForALegacyImage) {
  GpuRequest expected;
  expected.scope = DeviceScope::kAll;
  expected.source = "CUDA_VERSION";
  expected.capabilities = CapabilitySet::all();
  expected.requirements = {{"CUDA_VERSION", "cuda>=8.0"}};
  EXPECT_EQ(parse_request({.env = {"CUDA_VERSION=8.0.61"}}, {}), expected);
}

TEST(Request, ForTheDriverOnlyHasNoDevices) {
  const Result<GpuRequest> request = parse_request({.env = {"NVIDIA_VISIBLE_DEVICES=none"}}, {});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->scope, DeviceScope::kDriverOnly);
  EXPECT_THAT(request->devices, IsEmpty());
  EXPECT_FALSE(request->empty());
}

TEST(Request, ForAllHasNoDevicesEither) {
  const Result<GpuRequest> request = parse_request({.env = {"NVIDIA_VISIBLE_DEVICES=0,all"}}, {});
  EXPECT_EQ(request->scope, DeviceScope::kAll);
  EXPECT_THAT(request->devices, IsEmpty());
}

TEST(Request, OfNothingNeverFails) {
  const AcceptRules strict{.env_when_unprivileged = false};
  struct Row {
    std::string_view name;
    std::vector<std::string> env;
    AcceptRules rules;
  };
  const std::vector<Row> rows = {
      {"no variable", {}, {}},
      {"an empty list", {"NVIDIA_VISIBLE_DEVICES="}, {}},
      {"void", {"NVIDIA_VISIBLE_DEVICES=void"}, {}},
      {"void among malformed ids", {"NVIDIA_VISIBLE_DEVICES=foo bar,\x01,void"}, {}},
      {"an ignored malformed list", {"NVIDIA_VISIBLE_DEVICES=foo bar"}, strict},
      {"an ignored legacy image", {"CUDA_VERSION=foo", "NVIDIA_REQUIRE_CUDA="}, strict},
      {"a legacy image with void", {"CUDA_VERSION=foo", "NVIDIA_VISIBLE_DEVICES=void"}, {}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> env = kMalformed;
    env.insert(env.end(), row.env.begin(), row.env.end());
    const Result<GpuRequest> request = parse_request({.env = env}, row.rules);
    ASSERT_TRUE(request.has_value()) << row.name << ": " << request.error().message;
    EXPECT_TRUE(request->empty()) << row.name;
  }
}

TEST(Request, FailsOnEachMalformedVariable) {
  for (const std::string variable :
       {"NVIDIA_VISIBLE_DEVICES=foo bar", "NVIDIA_DRIVER_CAPABILITIES=bogus",
        "NVIDIA_MIG_CONFIG_DEVICES=all", "NVIDIA_MIG_MONITOR_DEVICES=all",
        "NVIDIA_IMEX_CHANNELS=bogus", "CUDA_VERSION=bogus"}) {
    const Result<GpuRequest> request =
        parse_request({.env = {"NVIDIA_VISIBLE_DEVICES=0", variable}}, {});
    ASSERT_FALSE(request.has_value()) << variable;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest) << variable;
    EXPECT_THAT(request.error().message, HasSubstr(variable.substr(0, variable.find('='))));
  }
}

TEST(Request, SurvivesAValueOfOneMebibyte) {
  for (const char c : {'0', ',', 'a', '\n', ' '}) {
    const std::string value(1 << 20, c);
    const Result<GpuRequest> request =
        parse_request({.env = {"NVIDIA_VISIBLE_DEVICES=" + value}}, {});
    if (c == ',' || c == ' ' || c == '\n') {
      EXPECT_TRUE(request->empty());
    } else {
      EXPECT_LT(request.error().message.size(), 1000U);
    }
  }
}

TEST(Request, CarriesDecisionsOfMountsAndAnnotations) {
  const ContainerFacts facts{
      .mounts = {{"/dev/null", "/var/run/nvidia-container-devices/cdi/x"}},
      .annotations = {{"cdi.k8s.io/x", "nvidia.com/gpu=0,vendor.com/nic=0"}}};
  EXPECT_EQ(parse_request(facts, {.volume_mounts = true})->decisions.size(), 2U);
}

TEST(Request, ByMountsMayUseTheWordsToo) {
  const ContainerFacts facts{.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/all"}}};
  const Result<GpuRequest> request = parse_request(facts, {.volume_mounts = true});
  EXPECT_EQ(request->scope, DeviceScope::kAll);
  EXPECT_EQ(request->source, "volume mounts");
}

TEST(OnlyCdiNames, IsTrueWhenEveryDeviceIsNamedThatWay) {
  const auto only = [](const std::string& value) {
    return parse_request({.env = {"NVIDIA_VISIBLE_DEVICES=" + value}}, {})->only_cdi_names();
  };
  EXPECT_TRUE(only("nvidia.com/gpu=0"));
  EXPECT_TRUE(only("nvidia.com/gpu=0,nvidia.com/gpu=all"));
  EXPECT_FALSE(only("nvidia.com/gpu=0,1"));
  EXPECT_FALSE(only("all"));
  EXPECT_FALSE(only("none"));
  EXPECT_FALSE(only("void"));
}

TEST(OutlineRequest, KeepsTheWordsThatCannotBeParsed) {
  const GpuRequest outline =
      outline_request({.env = {"NVIDIA_VISIBLE_DEVICES=0,no\nsense", "NVIDIA_REQUIRE_CUDA=?"}}, {});
  EXPECT_EQ(outline.scope, DeviceScope::kListed);
  EXPECT_EQ(outline.source, "NVIDIA_VISIBLE_DEVICES");
  ASSERT_EQ(outline.devices.size(), 2U);
  EXPECT_EQ(outline.devices[1].text, "no\\x0asense");
  EXPECT_THAT(outline.requirements, IsEmpty());
}

TEST(OutlineRequest, HasTheScopeOfTheRequest) {
  for (const char* const devices : {"all", "none", "void", "", "0", "0,1,all"}) {
    const ContainerFacts facts{.env = {std::string("NVIDIA_VISIBLE_DEVICES=") + devices}};
    EXPECT_EQ(outline_request(facts, {}).scope, parse_request(facts, {})->scope) << devices;
  }
  EXPECT_TRUE(outline_request({.env = kMalformed}, {}).empty());
}

TEST(OutlineRequest, IsBounded) {
  std::string devices = "NVIDIA_VISIBLE_DEVICES=0";
  for (int i = 1; i < 5000; ++i) devices += "," + std::to_string(i);
  EXPECT_LE(outline_request({.env = {devices}}, {}).devices.size(), 1000U);
}

TEST(GpuRequestOfPodAnnotations, NamesTheAnnotationAsItsSource) {
  const ContainerFacts facts{
      .pod_annotations = {{"nvidia.cdi.k8s.io/container.main", "nvidia.com/gpu=1"}},
      .container_name = "main"};
  const AcceptRules rules{.pod_annotation_keys = {"nvidia.cdi.k8s.io"}};
  const auto request = parse_request(facts, rules);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->scope, DeviceScope::kListed);
  EXPECT_EQ(request->source, "nvidia.cdi.k8s.io/container.main");
  EXPECT_EQ(outline_request(facts, rules).devices[0].text, "nvidia.com/gpu=1");
}

TEST(GpuRequestOfPodAnnotations, TakesNoWordForADevice) {
  const AcceptRules rules{.pod_annotation_keys = {"nvidia.cdi.k8s.io"}};
  for (const std::string word : {"all", "none", "void", "0"}) {
    const ContainerFacts facts{.pod_annotations = {{"nvidia.cdi.k8s.io", word}}};
    const auto request = parse_request(facts, rules);
    ASSERT_FALSE(request) << word;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest) << word;
    const GpuRequest outline = outline_request(facts, rules);
    EXPECT_EQ(outline.scope, DeviceScope::kListed) << "it asks, and is refused";
    EXPECT_EQ(outline.source, "nvidia.cdi.k8s.io");
    ASSERT_EQ(outline.devices.size(), 1U);
    EXPECT_EQ(outline.devices[0].text, word);
  }
}

}  // namespace
}  // namespace nvinject
