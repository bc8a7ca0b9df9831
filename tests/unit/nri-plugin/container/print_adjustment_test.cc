// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/print_adjustment.h"

#include <gmock/gmock.h>

#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

Adjustment sample_adjustment() {
  Adjustment adjustment;
  adjustment.devices.push_back({.path = ContainerPath("/dev/nvidia0"),
                                .node = {.number = {195, 0}, .mode = 0666, .uid = 0, .gid = 0}});
  adjustment.mounts.push_back({.source = HostPath("/usr/lib64/libcuda.so.550.163.01"),
                               .destination = ContainerPath("/usr/lib64/libcuda.so.1"),
                               .options = {"ro", "bind", "rprivate"}});
  adjustment.env.push_back({"LD_LIBRARY_PATH", "/usr/local/nvidia/lib64"});
  return adjustment;
}

api::ContainerAdjustment printed(const Adjustment& adjustment, const HookCall& hook = {}) {
  api::CreateContainerResponse response;
  EXPECT_TRUE(response.ParseFromString(print_adjustment(adjustment, hook)));
  return response.adjust();
}

TEST(PrintAdjustment, NothingToSayIsNoByte) { EXPECT_EQ(print_adjustment({}, {}), ""); }

TEST(PrintAdjustment, AHookWithoutWorkIsNone) {
  EXPECT_EQ(print_adjustment({}, {.program = HostPath("/usr/bin/nvinject-hook")}), "");
}

TEST(PrintAdjustment, ZerosAreSaidNotLeftOut) {
  const auto out = printed(sample_adjustment());
  ASSERT_EQ(out.linux().devices_size(), 1);
  const api::LinuxDevice& device = out.linux().devices(0);
  EXPECT_EQ(device.type(), "c");
  EXPECT_EQ(device.major(), 195);
  EXPECT_EQ(device.minor(), 0);
  EXPECT_TRUE(device.has_uid());
  EXPECT_TRUE(device.has_gid());
  EXPECT_EQ(device.file_mode().value(), 0666U);
}

TEST(PrintAdjustment, EveryMountNamesItsPropagation) {
  const auto out = printed(sample_adjustment());
  ASSERT_EQ(out.mounts_size(), 1);
  EXPECT_EQ(out.mounts(0).type(), "bind");
  EXPECT_THAT(out.mounts(0).options(), Contains("rprivate"));
  EXPECT_EQ(out.mounts(0).destination(), "/usr/lib64/libcuda.so.1");
}

TEST(PrintAdjustment, AMountThatGoesIsMarked) {
  const auto out = printed({.removed_mounts = {"/proc/nvinject-gate"}});
  ASSERT_EQ(out.mounts_size(), 1);
  EXPECT_EQ(out.mounts(0).destination(), "-/proc/nvinject-gate");
}

TEST(PrintAdjustment, AVariableOfAnotherPluginIsGivenUpBeforeItIsSet) {
  Adjustment adjustment;
  adjustment.env.push_back({.name = "A", .value = "b:c", .replaces = true});
  const auto out = printed(adjustment);
  ASSERT_EQ(out.env_size(), 2);
  EXPECT_EQ(out.env(0).key(), "-A");
  EXPECT_EQ(out.env(1).key(), "A");
}

TEST(PrintAdjustment, TheRuntimeMakesTheDeviceRules) {
  Adjustment adjustment = sample_adjustment();
  adjustment.device_rules.push_back({.number = {195, 0}, .access = "rw"});
  EXPECT_FALSE(printed(adjustment).linux().has_resources());
}

TEST(PrintAdjustment, TheHookHasAnArgvAnEnvironmentAndADeadline) {
  const auto out = printed(sample_adjustment(), {.program = HostPath("/usr/bin/nvinject-hook"),
                                                 .args = {"ld-cache", "libcuda.so.1"}});
  ASSERT_EQ(out.hooks().create_container_size(), 1);
  const api::Hook& hook = out.hooks().create_container(0);
  EXPECT_EQ(hook.path(), "/usr/bin/nvinject-hook");
  EXPECT_THAT(hook.args(), ElementsAre("nvinject-hook", "ld-cache", "libcuda.so.1"));
  EXPECT_GT(hook.timeout().value(), 0);
  // An empty one would be the image's own.
  EXPECT_EQ(hook.env_size(), 1);
}

// Number 2 is annotations' in ContainerAdjustment, and 1 is nobody's: a wrong number would be read
// as something else (reference: NRI, "CreateContainer").
TEST(PrintAdjustment, TheFieldNumbersAreUpstreams) {
  Adjustment adjustment;
  adjustment.env.push_back({"A", "b"});
  EXPECT_EQ(print_adjustment(adjustment, {}), std::string("\x0a\x08\x22\x06\x0a\x01"
                                                          "A\x12\x01"
                                                          "b",
                                                          10));
}

}  // namespace
}  // namespace nvinject::nri
