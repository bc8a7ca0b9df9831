// SPDX-License-Identifier: Apache-2.0
#include "core/plan/extra_devices.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/unit/core/plan/grant_and_plan.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::device_paths;
using ::testing::ElementsAre;
using testing::FailsWith;
using testing::grant_of;
using testing::mounted_names;
using ::testing::Not;
using testing::sample_inventory;
using testing::sample_mig_inventory;
using testing::Succeeds;

// GPU 1 of the sample with the MIG devices of these places.
Grant grant_of_mig(const Inventory& inventory, const std::vector<unsigned>& places) {
  Grant grant = grant_of({Capability::kCompute}, inventory);
  grant.gpus = {{inventory.gpus[1], "test"}};
  for (const unsigned place : places) {
    grant.gpus[0].mig_devices.push_back(inventory.gpus[1].mig_devices[place]);
  }
  return grant;
}

std::vector<std::string> device_paths_of(const Grant& grant, const Inventory& inventory) {
  const auto plan = make_plan(grant, inventory, ImageFacts{}, Policy{});
  EXPECT_THAT(plan, Succeeds());
  return plan ? device_paths(*plan) : std::vector<std::string>{};
}

TEST(MakePlan, BringsTheNodesOfAMigDeviceAndItsGpu) {
  const Inventory inventory = sample_mig_inventory();
  const auto plan = make_plan(grant_of_mig(inventory, {1}), inventory, ImageFacts{}, Policy{});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(
      device_paths(*plan),
      ElementsAre("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia1",
                  "/dev/nvidia-caps/nvidia-cap109", "/dev/nvidia-caps/nvidia-cap119"));
  EXPECT_EQ(plan->devices.back().node.number, (DeviceNumber{510, 119}));
  EXPECT_EQ(plan->devices.back().access, "rw");
  EXPECT_THAT(plan->in_root_steps,
              Contains(InRootStep(MaskDriverProc{
                  .bus_ids = {"00000000:20:00.0"},
                  .capabilities = {"gpu1/mig/gi9/access", "gpu1/mig/gi9/ci0/access"}})));
}

TEST(MakePlan, BringsTheNodeOfASharedGpuInstanceOnce) {
  Inventory inventory = sample_mig_inventory();
  inventory.gpus[1].mig_devices[1] = {.gpu_instance = 7, .compute_instance = 1};
  testing::add_mig_capability(inventory, "gpu1/mig/gi7/ci1/access", 118);
  EXPECT_THAT(device_paths_of(grant_of_mig(inventory, {0, 1}), inventory),
              ElementsAre("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools",
                          "/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap107",
                          "/dev/nvidia-caps/nvidia-cap117", "/dev/nvidia-caps/nvidia-cap118"));
}

TEST(MakePlan, FailsForAMigDeviceWithoutItsNodes) {
  Inventory inventory = sample_mig_inventory();
  const Grant grant = grant_of_mig(inventory, {0});
  inventory.mig_capabilities[1].node.reset();
  EXPECT_THAT(make_plan(grant, inventory, ImageFacts{}, Policy{}),
              FailsWith(ErrorCode::kUnavailable, "gpu1/mig/gi7/ci0/access"));
  inventory.mig_capabilities.erase(inventory.mig_capabilities.begin());
  EXPECT_THAT(make_plan(grant, inventory, ImageFacts{}, Policy{}),
              FailsWith(ErrorCode::kUnavailable, "gpu1/mig/gi7/access"));
}

TEST(MakePlan, LetsWhoManagesMigSeeEveryMigDevice) {
  const Inventory inventory = sample_mig_inventory();
  Grant grant = grant_of_mig(inventory, {});
  grant.mig_config = true;
  const auto plan = make_plan(grant, inventory, ImageFacts{}, Policy{});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(device_paths(*plan), Contains("/dev/nvidia-caps/nvidia-cap1"));
  EXPECT_THAT(device_paths(*plan), Contains("/dev/nvidia-caps/nvidia-cap119"));
  EXPECT_THAT(device_paths(*plan), Not(Contains("/dev/nvidia-caps/nvidia-cap2")));
  EXPECT_THAT(plan->decisions, Contains(Decides("/proc/driver/nvidia", "not masked", "MIG")));
  for (const InRootStep& step : plan->in_root_steps) {
    EXPECT_FALSE(std::holds_alternative<MaskDriverProc>(step));
  }
  grant.mig_config = false;
  grant.mig_monitor = true;
  EXPECT_THAT(device_paths_of(grant, inventory), Contains("/dev/nvidia-caps/nvidia-cap2"));
}

TEST(MakePlan, BringsImexChannels) {
  Inventory inventory = sample_inventory(1);
  inventory.imex_channels.nodes = {{3, {.number = {509, 3}}}, {4, {.number = {509, 4}}}};
  Grant grant = grant_of({Capability::kUtility}, inventory);
  grant.imex_channels = {4};
  EXPECT_THAT(
      device_paths_of(grant, inventory),
      ElementsAre("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-caps-imex-channels/channel4"));
}

TEST(MakePlan, OpensTheGatesThatAreGranted) {
  Inventory inventory = sample_inventory(1);
  inventory.gated_nodes = {{"NVIDIA_GDS", "nvidia-fs0", {.number = {500, 0}}},
                           {"NVIDIA_GDRCOPY", "gdrdrv", {.number = {499, 0}}}};
  inventory.gated_files = {{"/run/udev", HostPath("/run/udev")},
                           {"/etc/cufile.json", HostPath("/opt/cufile.json")}};
  Grant grant = grant_of({Capability::kUtility}, inventory);
  grant.gates = {"NVIDIA_GDS", "NVIDIA_MOFED"};
  const auto plan = make_plan(grant, inventory, ImageFacts{}, Policy{});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(device_paths(*plan),
              ElementsAre("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-fs0"));
  EXPECT_THAT(mounted_names(*plan), Contains("udev"));
  EXPECT_THAT(mounted_names(*plan), Contains("cufile.json"));
  EXPECT_THAT(plan->decisions,
              Contains(Decides("NVIDIA_MOFED", "opens nothing",
                               "no /dev/infiniband/uverbs*, /dev/infiniband/rdma_cm here")));
  grant.gates = {"NVIDIA_GDRCOPY"};
  const auto without = make_plan(grant, inventory, ImageFacts{}, Policy{});
  ASSERT_THAT(without, Succeeds());
  EXPECT_THAT(mounted_names(*without), Not(Contains("udev"))) << "only GPUDirect Storage reads it";
}

}  // namespace
}  // namespace nvinject
