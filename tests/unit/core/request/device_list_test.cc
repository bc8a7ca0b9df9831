// SPDX-License-Identifier: Apache-2.0
#include "core/request/device_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/request/word_list.h"

namespace nvinject {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Found {
  DeviceList list;
  Decisions decisions;
};

Found found(const ContainerFacts& facts, const AcceptRules& rules = {}) {
  Found result;
  auto list = find_device_list(make_request_inputs(facts, rules), result.decisions);
  EXPECT_TRUE(list) << list.error().message;
  if (list) result.list = *std::move(list);
  return result;
}

TEST(DeviceListPrecedence, IsAnnotationsThenMountsThenVariables) {
  const MountFact mount = {"/dev/null", "/var/run/nvidia-container-devices/1"};
  ContainerFacts facts{.env = {"NVIDIA_VISIBLE_DEVICES=2"},
                       .mounts = {mount},
                       .annotations = {{"cdi.k8s.io/x", "nvidia.com/gpu=0"}}};
  const AcceptRules with_mounts{.volume_mounts = true};
  EXPECT_EQ(found(facts, with_mounts).list, (DeviceList{"annotations", {"nvidia.com/gpu=0"}}));
  facts.annotations = {{"cdi.k8s.io/x", "vendor.com/nic=0"}};
  EXPECT_EQ(found(facts, with_mounts).list, (DeviceList{"volume mounts", {"1"}}));
  EXPECT_EQ(found(facts).list, (DeviceList{"NVIDIA_VISIBLE_DEVICES", {"2"}}));
  facts.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/imex/1"}};
  EXPECT_EQ(found(facts, with_mounts).list, (DeviceList{"NVIDIA_VISIBLE_DEVICES", {"2"}}));
}

TEST(DeviceListPrecedence, HasPodAnnotationsBehindTheContainersOwn) {
  ContainerFacts facts{.env = {"NVIDIA_VISIBLE_DEVICES=2"},
                       .mounts = {{"/dev/null", "/var/run/nvidia-container-devices/1"}},
                       .annotations = {{"cdi.k8s.io/x", "nvidia.com/gpu=0"}},
                       .pod_annotations = {{"nvidia.cdi.k8s.io", "nvidia.com/gpu=3"}}};
  const AcceptRules rules{.volume_mounts = true, .pod_annotation_keys = {"nvidia.cdi.k8s.io"}};
  EXPECT_EQ(found(facts, rules).list, (DeviceList{"annotations", {"nvidia.com/gpu=0"}}));
  facts.annotations.clear();
  EXPECT_EQ(found(facts, rules).list, (DeviceList{"nvidia.cdi.k8s.io", {"nvidia.com/gpu=3"}}));
  facts.pod_annotations[0].second = "vendor.com/nic=0";
  const Found others = found(facts, rules);
  EXPECT_EQ(others.list, (DeviceList{"volume mounts", {"1"}}));
  EXPECT_THAT(others.decisions, ElementsAre(Field(&Decision::subject, "nvidia.cdi.k8s.io")));
}

TEST(DeviceListOfPodAnnotations, IsOffUnlessTheRulesNameTheKey) {
  for (const std::string value : {"nvidia.com/gpu=3", "junk", "vendor.com/nic=0"}) {
    const ContainerFacts facts{
        .pod_annotations = {{"nvidia.cdi.k8s.io", value}, {"cdi-devices.noderesource.dev", value}}};
    EXPECT_EQ(found(facts).list, DeviceList{}) << value;
    EXPECT_THAT(found(facts).decisions, IsEmpty()) << value;
  }
}

TEST(DeviceListOfPodAnnotations, IsThatOfTheFirstKeyWithADeviceOfOurs) {
  const ContainerFacts facts{
      .pod_annotations = {{"nvidia.cdi.k8s.io", "vendor.com/nic=0"},
                          {"cdi-devices.noderesource.dev", "[nvidia.com/gpu=3]"}}};
  const AcceptRules rules{
      .pod_annotation_keys = {"nvidia.cdi.k8s.io", "cdi-devices.noderesource.dev"}};
  EXPECT_EQ(found(facts, rules).list,
            (DeviceList{"cdi-devices.noderesource.dev", {"nvidia.com/gpu=3"}}));
}

TEST(DeviceListOfPodAnnotations, IsAnErrorWhenItIsNone) {
  const ContainerFacts facts{.env = {"NVIDIA_VISIBLE_DEVICES=void"},
                             .pod_annotations = {{"nvidia.cdi.k8s.io", "all"}}};
  const AcceptRules rules{.pod_annotation_keys = {"nvidia.cdi.k8s.io"}};
  Decisions decisions;
  const auto list = find_device_list(make_request_inputs(facts, rules), decisions);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::kInvalidRequest);
}

TEST(DeviceListOfVariables, IsThatOfTheSwarmResourcesThatAreSet) {
  struct Row {
    std::string_view name;
    std::vector<std::string> env;
    DeviceList list;
  };
  const std::vector<Row> rows = {
      {"one is set", {"NVIDIA_VISIBLE_DEVICES=0", "R2=1"}, {"R2", {"1"}}},
      {"both are set", {"R2=1,2", "R1= 3 "}, {"R1,R2", {"3", "1", "2"}}},
      {"none is set", {"NVIDIA_VISIBLE_DEVICES=0"}, {"NVIDIA_VISIBLE_DEVICES", {"0"}}},
      {"set to nothing", {"NVIDIA_VISIBLE_DEVICES=0", "R1="}, {"R1", {}}},
      {"set to nothing in a legacy image", {"CUDA_VERSION=8.0", "R1="}, {"R1", {}}},
  };
  const AcceptRules rules{.swarm_resources = {"R1", "R2"}};
  for (const Row& row : rows) {
    EXPECT_EQ(found({.env = row.env}, rules).list, row.list) << row.name;
  }
}

TEST(DeviceListOfVariables, IsAllForALegacyImageThatNamesNone) {
  EXPECT_EQ(found({.env = {"CUDA_VERSION=8.0"}}).list, (DeviceList{"CUDA_VERSION", {"all"}}));
  EXPECT_THAT(found({.env = {"CUDA_VERSION=8.0", "NVIDIA_VISIBLE_DEVICES="}}).list.words,
              IsEmpty());
  EXPECT_THAT(found({.env = {"CUDA_VERSION=8.0", "NVIDIA_REQUIRE_CUDA=x"}}).list.words, IsEmpty());
}

TEST(DeviceListOfVariables, IsIgnoredWhenUnprivilegedAndTheRulesSayNo) {
  const AcceptRules rules{.env_when_unprivileged = false, .volume_mounts = true};
  ContainerFacts facts{.env = {"NVIDIA_VISIBLE_DEVICES=foo bar"}};
  const Found ignored = found(facts, rules);
  EXPECT_THAT(ignored.list.words, IsEmpty());
  EXPECT_THAT(ignored.decisions,
              ElementsAre(AllOf(Field(&Decision::subject, "NVIDIA_VISIBLE_DEVICES"),
                                Field(&Decision::choice, "ignored"))));
  facts.privileged = true;
  EXPECT_THAT(found(facts, rules).list.words, ElementsAre("foo bar"));
  EXPECT_THAT(found({.env = {"NVIDIA_VISIBLE_DEVICES=void"}}, rules).decisions, IsEmpty());
  EXPECT_THAT(found({.env = {"CUDA_VERSION=8.0"}}, rules).list.words, IsEmpty());
}

TEST(DeviceListOfMountsAndAnnotations, NeedsNoPrivilege) {
  const AcceptRules rules{.env_when_unprivileged = false, .volume_mounts = true};
  EXPECT_THAT(
      found({.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/1"}}}, rules).list.words,
      ElementsAre("1"));
  EXPECT_THAT(found({.annotations = {{"cdi.k8s.io/x", "nvidia.com/gpu=0"}}}, rules).list.words,
              ElementsAre("nvidia.com/gpu=0"));
}

TEST(Scope, IsDecidedByTheWords) {
  struct Row {
    std::string_view text;
    DeviceScope scope;
  };
  const std::vector<Row> rows = {
      {"", DeviceScope::kNothing},
      {" , ", DeviceScope::kNothing},
      {"void", DeviceScope::kNothing},
      {"0,void", DeviceScope::kNothing},
      {"all,void", DeviceScope::kNothing},
      {"none,void", DeviceScope::kNothing},
      {"foo bar,void", DeviceScope::kNothing},
      {"all", DeviceScope::kAll},
      {" all ", DeviceScope::kAll},
      {"0,all", DeviceScope::kAll},
      {"all,none", DeviceScope::kAll},
      {"foo bar,all", DeviceScope::kAll},
      {"none", DeviceScope::kDriverOnly},
      {"0,none", DeviceScope::kDriverOnly},
      {"none,all", DeviceScope::kDriverOnly},
      {"0", DeviceScope::kListed},
      {"0,1", DeviceScope::kListed},
      {"ALL", DeviceScope::kListed},
      {"nvidia.com/gpu=all", DeviceScope::kListed},
  };
  for (const Row& row : rows) {
    const auto words = parse_word_list(row.text);
    EXPECT_EQ(scope_of({words.begin(), words.end()}), row.scope) << row.text;
  }
}

TEST(ParsedDeviceList, KeepsOrderAndDropsDuplicates) {
  const Result<std::vector<DeviceId>> devices =
      parse_device_list({"V", {"1", "0", "01", "GPU-a", "gpu-A", "0"}});
  ASSERT_TRUE(devices.has_value());
  EXPECT_THAT(*devices, ElementsAre(Field(&DeviceId::text, "1"), Field(&DeviceId::text, "0"),
                                    Field(&DeviceId::text, "GPU-a")));
}

TEST(ParsedDeviceList, OfTheSameIndexTwiceIsThatIndexOnce) {
  // The classic tools made ["", "0"] of it, which one of their modes read as no GPU at all.
  EXPECT_EQ(parse_device_list({"V", {"0", "0"}}), parse_device_list({"V", {"0"}}));
}

TEST(ParsedDeviceList, NamesVariableValueAndWordInTheError) {
  const Result<std::vector<DeviceId>> devices =
      parse_device_list({"NVIDIA_VISIBLE_DEVICES", {"0", "foo bar"}});
  ASSERT_FALSE(devices.has_value());
  EXPECT_EQ(devices.error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(devices.error().message, AllOf(HasSubstr("NVIDIA_VISIBLE_DEVICES='0,foo bar'"),
                                             HasSubstr("device 'foo bar'")));
}

TEST(ParsedDeviceList, IsLimited) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < kMaxListedDevices; ++i) words.push_back(std::to_string(i));
  EXPECT_EQ(parse_device_list({"V", words})->size(), kMaxListedDevices);
  words.emplace_back("0");
  EXPECT_THAT(parse_device_list({"V", words}).error().message, HasSubstr("more than 512 devices"));
}

}  // namespace
}  // namespace nvinject
