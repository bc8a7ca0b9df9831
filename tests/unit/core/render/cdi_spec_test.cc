// SPDX-License-Identifier: Apache-2.0
#include "core/render/cdi_spec.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::nvinject::testing::Decides;
using ::nvinject::testing::sample_plan;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const CdiHookCall kHook{.program = "/usr/bin/nvinject-hook", .args = {"ld-cache", "libcuda.so.1"}};

InjectionPlan with_gpu(unsigned minor) {
  InjectionPlan plan = sample_plan();
  plan.devices.push_back({.path = ContainerPath("/dev/nvidia" + std::to_string(10 + minor)),
                          .node = {.number = {195, minor}}});
  return plan;
}

CdiSpec spec_of_two() {
  return make_cdi_spec(sample_plan(), {{{"0", "GPU-a"}, with_gpu(0)}, {{"1"}, with_gpu(1)}}, kHook)
      .spec;
}

TEST(MakeCdiSpec, SaysOnceWhatAllDevicesHave) {
  const CdiSpec spec = spec_of_two();
  EXPECT_EQ(spec.kind, "nvidia.com/gpu");
  EXPECT_THAT(spec.edits.device_nodes, SizeIs(2));
  EXPECT_THAT(spec.edits.mounts, SizeIs(2));
  EXPECT_THAT(spec.edits.env, ElementsAre("NVIDIA_VISIBLE_DEVICES=void"));
  EXPECT_THAT(spec.edits.additional_gids, ElementsAre(985));
  for (const CdiDevice& device : spec.devices) {
    EXPECT_THAT(device.edits.device_nodes, SizeIs(1)) << device.name;
    EXPECT_THAT(device.edits.mounts, IsEmpty()) << device.name;
    EXPECT_THAT(device.edits.additional_gids, IsEmpty()) << device.name;
  }
}

TEST(MakeCdiSpec, NamesADeviceInEachWay) {
  EXPECT_THAT(spec_of_two().devices,
              ElementsAre(Field(&CdiDevice::name, "0"), Field(&CdiDevice::name, "GPU-a"),
                          Field(&CdiDevice::name, "1")));
}

TEST(MakeCdiSpec, LeavesNumbersOfTheHostsNodesToTheHost) {
  InjectionPlan plan = sample_plan();
  plan.devices[0].node.on_host = false;
  const CdiSpec spec = make_cdi_spec(plan, {}, {}).spec;
  const CdiDeviceNode& derived = spec.edits.device_nodes[0];
  EXPECT_EQ(derived.type, "c");
  EXPECT_EQ(derived.major, 195U);
  EXPECT_EQ(derived.minor, 255U);
  const CdiDeviceNode& node = spec.edits.device_nodes[1];
  EXPECT_EQ(node.type, "");
  EXPECT_FALSE(node.major || node.minor);
  EXPECT_EQ(node.file_mode, 0660U);
  EXPECT_EQ(node.gid, 985U);
  EXPECT_EQ(node.permissions, "rw");
}

TEST(MakeCdiSpec, CallsTheHookWithAnEnvironmentOfItsOwn) {
  const CdiSpec spec = spec_of_two();
  ASSERT_THAT(spec.edits.hooks, SizeIs(1));
  const CdiHook& hook = spec.edits.hooks.front();
  EXPECT_EQ(hook.hook_name, "createContainer");
  EXPECT_THAT(hook.args, ElementsAre("nvinject-hook", "ld-cache", "libcuda.so.1"));
  EXPECT_THAT(hook.env, SizeIs(1));
  EXPECT_THAT(make_cdi_spec(sample_plan(), {}, {}).spec.edits.hooks, IsEmpty());
}

TEST(MakeCdiSpec, SaysWhatCdiCannotSay) {
  InjectionPlan plan = sample_plan();
  plan.in_root_steps.emplace_back(MaskDriverProc{});
  const RenderedCdi rendered = make_cdi_spec(plan, {{{"0"}, plan}}, kHook);
  EXPECT_THAT(rendered.decisions, ElementsAre(Decides("LD_LIBRARY_PATH", "not set", "image"),
                                              Decides("/proc/driver/nvidia", "not masked", "")));
}

}  // namespace
}  // namespace nvinject
