// SPDX-License-Identifier: Apache-2.0
#include "core/grant/allocated_request.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Succeeds;

const Allocation kOneGpu{.devices = {"GPU-aaaaaaaa-0000-4000-8000-000000000000"}};

ContainerFacts with_env(std::vector<std::string> env) { return {.env = std::move(env)}; }

TEST(AllocatedRequest, WhatTheContainerAsksForDoesNotCount) {
  AcceptRules rules;
  rules.swarm_resources = {"DOCKER_RESOURCE_GPU"};
  rules.volume_mounts = true;
  rules.pod_annotation_keys = {"nvidia.cdi.k8s.io"};
  const std::vector<ContainerFacts> askers = {
      {},
      with_env({"NVIDIA_VISIBLE_DEVICES=all"}),
      with_env({"NVIDIA_VISIBLE_DEVICES=0,1,2"}),
      with_env({"NVIDIA_VISIBLE_DEVICES=../../dev/sda"}),
      with_env({"NVIDIA_VISIBLE_DEVICES=/var/run/nvidia-container-devices"}),
      with_env({"DOCKER_RESOURCE_GPU=1", "CUDA_VERSION=9.0"}),
      {.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/1"}}},
      {.annotations = {{"cdi.k8s.io/x", "nvidia.com/gpu=all"}}},
      {.pod_annotations = {{"nvidia.cdi.k8s.io", "nvidia.com/gpu=all"}}},
  };
  for (const ContainerFacts& facts : askers) {
    const auto request = allocated_request(facts, rules, kOneGpu, {});
    ASSERT_THAT(request, Succeeds());
    EXPECT_THAT(request->words(), ElementsAre(kOneGpu.devices[0]));
    EXPECT_EQ(request->source, "the kubelet's allocation");
  }
}

TEST(AllocatedRequest, CapabilitiesAndRequirementsAreTheContainers) {
  const ContainerFacts facts =
      with_env({"NVIDIA_DRIVER_CAPABILITIES=video", "NVIDIA_REQUIRE_CUDA=cuda>=12.0", "A=b"});
  const auto request = allocated_request(facts, {}, kOneGpu, {});
  ASSERT_THAT(request, Succeeds());
  EXPECT_EQ(request->capabilities, CapabilitySet({Capability::kVideo}));
  ASSERT_EQ(request->requirements.size(), 1U);
  EXPECT_THAT(allocated_request(with_env({"NVIDIA_DRIVER_CAPABILITIES=nonsense"}), {}, kOneGpu, {}),
              FailsWith(ErrorCode::kInvalidRequest, "nonsense"));
}

TEST(AllocatedRequest, WhoWantsLessGetsLess) {
  const auto none = allocated_request(with_env({"NVIDIA_VISIBLE_DEVICES=none"}), {}, kOneGpu, {});
  ASSERT_THAT(none, Succeeds());
  EXPECT_EQ(none->scope, DeviceScope::kDriverOnly);
  for (const char* const entry : {"NVIDIA_VISIBLE_DEVICES=void", "NVIDIA_VISIBLE_DEVICES="}) {
    const auto declined = allocated_request(with_env({entry}), {}, kOneGpu, {});
    ASSERT_THAT(declined, Succeeds()) << entry;
    EXPECT_TRUE(declined->empty()) << entry;
    EXPECT_TRUE(declines_gpus(with_env({entry}))) << entry;
  }
  EXPECT_FALSE(declines_gpus({}));
}

TEST(AllocatedRequest, NobodyAllocatedWhatLiesBesideGpus) {
  ContainerFacts facts =
      with_env({"NVIDIA_IMEX_CHANNELS=7", "NVIDIA_NVSWITCH=enabled", "NVIDIA_MOFED=enabled"});
  const auto request = allocated_request(facts, {}, kOneGpu, {});
  ASSERT_THAT(request, Succeeds());
  EXPECT_EQ(request->extras, ExtraRequests{});
  EXPECT_EQ(request->decisions.size(), 3U);
  facts.privileged = true;
  const auto privileged = allocated_request(facts, {}, kOneGpu, {});
  ASSERT_THAT(privileged, Succeeds());
  EXPECT_EQ(privileged->extras.imex_channels, std::vector<std::string>{"7"});
  EXPECT_EQ(privileged->extras.gates.size(), 2U);
}

TEST(AllocatedRequest, PolicyMayGiveSomeOfWhatLiesBesideGpus) {
  const ContainerFacts facts = with_env({"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_IMEX_CHANNELS=7",
                                         "NVIDIA_NVSWITCH=enabled", "NVIDIA_MOFED=enabled"});
  const auto channels = allocated_request(facts, {}, kOneGpu, {"NVIDIA_IMEX_CHANNELS"});
  ASSERT_THAT(channels, Succeeds());
  EXPECT_THAT(channels->words(), ElementsAre(kOneGpu.devices[0]));
  EXPECT_THAT(channels->extras.imex_channels, ElementsAre("7"));
  EXPECT_THAT(channels->extras.gates, IsEmpty());
  EXPECT_EQ(channels->decisions.size(), 2U);
  const auto gates =
      allocated_request(facts, {}, kOneGpu, {"NVIDIA_NVSWITCH", "NVIDIA_GDS", "NVIDIA_MOFED"});
  ASSERT_THAT(gates, Succeeds());
  EXPECT_THAT(gates->extras.imex_channels, IsEmpty());
  EXPECT_THAT(gates->extras.gates, ElementsAre("NVIDIA_MOFED", "NVIDIA_NVSWITCH"));
  const auto unasked = allocated_request({}, {}, kOneGpu, {"NVIDIA_IMEX_CHANNELS", "NVIDIA_GDS"});
  ASSERT_THAT(unasked, Succeeds());
  EXPECT_EQ(unasked->extras, ExtraRequests{});
}

TEST(AllocatedRequest, DevicesThatHaveNoFormOfOursAreAnError) {
  EXPECT_THAT(allocated_request({}, {}, {.devices = {"../x"}}, {}),
              FailsWith(ErrorCode::kInvalidRequest, "'../x'"));
}

TEST(AllocationHint, IsWhatDevicePluginsWrite) {
  const std::string uuids =
      "NVIDIA_VISIBLE_DEVICES=" + kOneGpu.devices[0] + ",MIG-" + kOneGpu.devices[0] + "/1/0";
  EXPECT_THAT(allocation_hint(with_env({uuids}), {}).value_or(""), HasSubstr("UUIDs"));
  const ContainerFacts mounts{.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/GPU-1"}}};
  EXPECT_THAT(allocation_hint(mounts, {}).value_or(""), HasSubstr("mounts"));
  const ContainerFacts annotated{.annotations = {{"cdi.k8s.io/nvidia-device-plugin_1", "x"}}};
  EXPECT_THAT(allocation_hint(annotated, {}).value_or(""), HasSubstr("annotation"));
  const ContainerFacts gated{.mounts = {{"/dev/null", "/proc/nvinject-gate"}}};
  EXPECT_THAT(allocation_hint(gated, {}).value_or(""), HasSubstr("gate"));
  EXPECT_TRUE(carries_gate(gated));
}

TEST(AllocationHint, IsWhatStaysWhereThePodSaysAll) {
  EXPECT_EQ(allocation_hint(with_env({"NVIDIA_VISIBLE_DEVICES=all"}), {}), std::nullopt);
  EXPECT_THAT(allocation_hint(with_env({"NVINJECT_ALLOCATED=GPU-a"}), {}).value_or(""),
              HasSubstr("NVINJECT_ALLOCATED"));
  ContainerFacts facts{.devices = {{.path = "/dev/nvidiactl"}, {.path = "/dev/nvidia-uvm"}}};
  EXPECT_EQ(allocation_hint(facts, {}), std::nullopt);
  facts.devices.push_back({.path = "/dev/nvidia0"});
  EXPECT_THAT(allocation_hint(facts, {}).value_or(""), HasSubstr("/dev/nvidia0"));
  facts.privileged = true;
  EXPECT_EQ(allocation_hint(facts, {}), std::nullopt);
}

TEST(AllocationHint, IsNotWhatImagesSay) {
  for (const char* const entry :
       {"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_VISIBLE_DEVICES=",
        "NVIDIA_VISIBLE_DEVICES=GPU-aaaaaaaa-0000-4000-8000-000000000000,all", "CUDA_VERSION=12"}) {
    EXPECT_FALSE(allocation_hint(with_env({entry}), {})) << entry;
  }
  EXPECT_FALSE(allocation_hint({.mounts = {{"/data", "/var/run/nvidia-container-devices/1"}}}, {}));
}

}  // namespace
}  // namespace nvinject
