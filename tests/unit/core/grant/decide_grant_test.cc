// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/grant/grant.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::request_all;
using testing::request_listed;
using testing::sample_inventory;
using testing::sample_mig_inventory;
using testing::Succeeds;

GpuRequest requiring(std::string expression) {
  GpuRequest request = request_all();
  request.requirements = {{"NVIDIA_REQUIRE_CUDA", std::move(expression)}};
  return request;
}

TEST(DecideGrant, GivesNothingToWhoAsksForNothing) {
  const auto grant = decide_grant(GpuRequest{}, {}, Inventory{});
  ASSERT_THAT(grant, Succeeds()) << "even without a driver";
  EXPECT_EQ(*grant, Grant{});
}

TEST(DecideGrant, GivesWhatIsAskedForAndSaysWhy) {
  const auto grant = decide_grant(request_all(), {}, sample_inventory(2));
  ASSERT_THAT(grant, Succeeds());
  EXPECT_EQ(grant->scope, DeviceScope::kAll);
  EXPECT_EQ(grant->capabilities, (CapabilitySet{Capability::kCompute, Capability::kUtility}));
  ASSERT_EQ(grant->gpus.size(), 2U);
  EXPECT_EQ(grant->gpus[1].gpu, sample_inventory(2).gpus[1]);
  EXPECT_EQ(grant->gpus[1].reason, "asked for by NVIDIA_VISIBLE_DEVICES");
  EXPECT_THAT(grant->decisions, Contains(Decides("GPU 1", "granted", "NVIDIA_VISIBLE_DEVICES")));
}

TEST(DecideGrant, NamesAPrivilegedContainerInTheReason) {
  const auto grant = decide_grant(request_all(), {.privileged = true}, sample_inventory(1));
  ASSERT_THAT(grant, Succeeds());
  EXPECT_EQ(grant->gpus[0].reason, "asked for by NVIDIA_VISIBLE_DEVICES, privileged container");
}

TEST(DecideGrant, GivesNoGpuToWhoAsksForTheDriverOnly) {
  GpuRequest request = request_all();
  request.scope = DeviceScope::kDriverOnly;
  const auto grant = decide_grant(request, {}, sample_inventory(0));
  ASSERT_THAT(grant, Succeeds()) << "a node without a GPU may have a driver";
  EXPECT_EQ(grant->scope, DeviceScope::kDriverOnly);
  EXPECT_THAT(grant->gpus, IsEmpty());
}

TEST(DecideGrant, KeepsWhatWasPassedOver) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[0].broken = "fell off the bus";
  const auto grant = decide_grant(request_all(), {}, inventory);
  ASSERT_THAT(grant, Succeeds());
  EXPECT_EQ(grant->gpus.size(), 1U);
  EXPECT_THAT(grant->decisions, Contains(Decides("GPU 0", "passed over", "fell off the bus")));
}

TEST(DecideGrant, FailsWithoutADriver) {
  Inventory inventory;
  inventory.driver_root = HostPath("/run/nvidia/driver");
  GpuRequest driver_only = request_all();
  driver_only.scope = DeviceScope::kDriverOnly;
  EXPECT_THAT(decide_grant(request_all(), {}, inventory),
              FailsWith(ErrorCode::kUnavailable, "all GPUs asked for by NVIDIA_VISIBLE_DEVICES"));
  EXPECT_THAT(decide_grant(driver_only, {}, inventory),
              FailsWith(ErrorCode::kUnavailable, "'/run/nvidia/driver'"));
  EXPECT_THAT(decide_grant(request_listed({{DeviceIdKind::kIndex, "0", 0, 0},
                                           {DeviceIdKind::kIndex, "1", 1, 0}}),
                           {}, inventory),
              FailsWith(ErrorCode::kUnavailable, "GPU '0,1'"));
}

TEST(DecideGrant, FailsWithoutTheKernelModuleThatTheLibrariesAreFor) {
  Inventory inventory = sample_inventory(0);
  inventory.kernel_module_loaded = false;
  EXPECT_THAT(decide_grant(request_all(), {}, inventory),
              FailsWith(ErrorCode::kUnavailable, "libraries of driver 550.163.01"));
}

TEST(DecideGrant, DeniesWhatTheKubeletDidNotAllocate) {
  const Asker asker{.authority = Authority::kAllocation};
  const GpuRequest listed = request_listed({{DeviceIdKind::kIndex, "9", 9, 0}});
  EXPECT_THAT(decide_grant(request_all(), asker, sample_inventory()),
              FailsWith(ErrorCode::kDenied, "all GPUs asked for by NVIDIA_VISIBLE_DEVICES"));
  EXPECT_THAT(decide_grant(listed, asker, sample_inventory()),
              FailsWith(ErrorCode::kDenied, "GPU '9'"))
      << "whether there is such a GPU is not told";
  EXPECT_THAT(decide_grant(request_all(), asker, Inventory{}),
              FailsWith(ErrorCode::kDenied, "nvinject.policy.mode = \"env\""))
      << "nor whether there is a driver";
  EXPECT_THAT(decide_grant(GpuRequest{}, asker, Inventory{}), Succeeds())
      << "who asks for nothing is denied nothing";
}

TEST(DecideGrant, PrivilegeIsNoAuthority) {
  EXPECT_THAT(decide_grant(request_all(), {.authority = Authority::kAllocation, .privileged = true},
                           sample_inventory()),
              FailsWith(ErrorCode::kDenied, "nvinject.policy.management-namespaces"));
}

TEST(DecideGrant, FailsForADeviceThatIsNotThere) {
  EXPECT_THAT(
      decide_grant(request_listed({{DeviceIdKind::kIndex, "9", 9, 0}}), {}, sample_inventory()),
      FailsWith(ErrorCode::kNotFound, "'9'"));
}

TEST(DecideGrant, GrantsMigDevicesWithTheirGpu) {
  const auto grant = decide_grant(request_listed({{DeviceIdKind::kMigIndex, "1:2", 1, 2}}), {},
                                  sample_mig_inventory());
  ASSERT_THAT(grant, Succeeds());
  ASSERT_EQ(grant->gpus.size(), 1U);
  EXPECT_EQ(grant->gpus[0].gpu.index, 1U);
  ASSERT_EQ(grant->gpus[0].mig_devices.size(), 1U);
  EXPECT_EQ(grant->gpus[0].mig_devices[0].gpu_instance, 9U);
  EXPECT_THAT(grant->decisions,
              ElementsAre(Decides("GPU 1", "granted", "NVIDIA_VISIBLE_DEVICES"),
                          Decides("MIG device 9/0 of GPU 1", "granted", "NVIDIA_VISIBLE_DEVICES")));
}

TEST(DecideGrant, SaysThatAWholeGpuInMigModeComputesNothing) {
  const auto grant =
      decide_grant(request_listed({{DeviceIdKind::kIndex, "1", 1, 0}}), {}, sample_mig_inventory());
  ASSERT_THAT(grant, Succeeds());
  EXPECT_TRUE(grant->gpus[0].mig_devices.empty());
  EXPECT_THAT(grant->decisions, Contains(Decides("GPU 1", "without MIG devices", "CUDA")));
}

TEST(DecideGrant, RefusesWhereARequirementIsNotSatisfied) {
  EXPECT_THAT(decide_grant(requiring("cuda>=12.6"), {}, sample_inventory()),
              FailsWith(ErrorCode::kUnavailable, "requirement error: unsatisfied"));
}

TEST(DecideGrant, JudgesWhatConcernsTheNodeWithoutAGpu) {
  GpuRequest request = requiring("brand=tesla,cuda>=12.0");
  request.scope = DeviceScope::kDriverOnly;
  EXPECT_THAT(decide_grant(request, {}, sample_inventory()), Succeeds());
  request.requirements[0].expression = "brand=tesla,cuda>=99";
  EXPECT_THAT(decide_grant(request, {}, sample_inventory()),
              FailsWith(ErrorCode::kUnavailable, "unsatisfied"));
}

TEST(EvidenceNeeded, IsTheProbeForWhatOnlyNvmlKnows) {
  struct Row {
    const char* name;
    GpuRequest request;
    Evidence evidence;
  };
  Inventory inventory = sample_inventory(2);
  inventory.gpus[1].uuid = "";
  const DeviceId unseen{DeviceIdKind::kUuid, "GPU-ffff", 0, 0};
  const DeviceId seen{DeviceIdKind::kUuid, "GPU-aaaa", 0, 0};
  const DeviceId absent{DeviceIdKind::kIndex, "7", 7, 0};
  const Row rows[] = {
      {"nothing is asked for", {}, Evidence::kNothing},
      {"all", request_all(), Evidence::kNothing},
      {"a UUID that a GPU shows", request_listed({seen}), Evidence::kNothing},
      {"a UUID that none shows while one shows none", request_listed({unseen}), Evidence::kProbe},
      {"an index that is not there", request_listed({absent}), Evidence::kNothing},
      {"a known CUDA version", requiring("cuda>=12.0"), Evidence::kNothing},
      {"a brand", requiring("brand=tesla"), Evidence::kProbe},
      {"a brand that the model tells", requiring("brand!=geforce"), Evidence::kNothing},
      {"a brand behind what decides", requiring("cuda>=12.0 brand=tesla"), Evidence::kNothing},
      {"a refuted group with a brand", requiring("brand=tesla,driver<500"), Evidence::kNothing},
      {"a malformed requirement", requiring("cuda>=twelve"), Evidence::kNothing},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(evidence_needed(row.request, {}, inventory), row.evidence) << row.name;
  }
}

TEST(EvidenceNeeded, IsNoneForWhoIsDenied) {
  const Asker asker{.authority = Authority::kAllocation};
  EXPECT_EQ(evidence_needed(requiring("brand=tesla"), asker, sample_inventory()),
            Evidence::kNothing);
}

TEST(EvidenceNeeded, IsTheProbeForAnUnseenUuidInACdiName) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[1].uuid = "";
  const auto asking_for = [](const char* name) {
    return request_listed({{DeviceIdKind::kCdiName, name, 0, 0}});
  };
  EXPECT_EQ(evidence_needed(asking_for("nvidia.com/gpu=GPU-ffff"), {}, inventory),
            Evidence::kProbe);
  EXPECT_EQ(evidence_needed(asking_for("nvidia.com/gpu=7"), {}, inventory), Evidence::kNothing);
  EXPECT_EQ(evidence_needed(asking_for("nvidia.com/mig=GPU-ffff"), {}, inventory),
            Evidence::kNothing);
}

TEST(EvidenceNeeded, IsNoneForAUuidWhereEveryGpuShowsItsOwn) {
  Inventory inventory = sample_inventory(2);
  const GpuRequest request = request_listed({{DeviceIdKind::kUuid, "GPU-ffff", 0, 0}});
  EXPECT_EQ(evidence_needed(request, {}, inventory), Evidence::kNothing);
  inventory.gpus[1].uuid = "";
  inventory.gpus[1].broken = "fell off the bus";
  EXPECT_EQ(evidence_needed(request, {}, inventory), Evidence::kNothing)
      << "a broken GPU would not be given anyway";
}

TEST(EvidenceNeeded, IsTheProbeForACudaVersionThatTheTableDoesNotHave) {
  Inventory inventory = sample_inventory();
  inventory.cuda_version = std::nullopt;
  EXPECT_EQ(evidence_needed(requiring("cuda>=12.0"), {}, inventory), Evidence::kProbe);
}

TEST(EvidenceNeeded, IsTheProbeForTheNamesOfMigDevices) {
  const GpuRequest by_index = request_listed({{DeviceIdKind::kMigIndex, "1:0", 1, 0}});
  const GpuRequest by_uuid = request_listed({{DeviceIdKind::kMigUuid, "MIG-aaaa7777", 0, 0}});
  const GpuRequest by_old_name =
      request_listed({{DeviceIdKind::kMigUuid, "MIG-GPU-bbbbbbbb/7/0", 0, 0}});
  Inventory inventory = sample_mig_inventory();
  EXPECT_EQ(evidence_needed(by_index, {}, inventory), Evidence::kNothing) << "already asked";
  for (MigDevice& device : inventory.gpus[1].mig_devices) {
    device.uuid.clear();
    device.index.reset();
  }
  EXPECT_EQ(evidence_needed(by_index, {}, inventory), Evidence::kProbe);
  EXPECT_EQ(evidence_needed(by_uuid, {}, inventory), Evidence::kProbe);
  EXPECT_EQ(evidence_needed(by_old_name, {}, inventory), Evidence::kNothing);
  EXPECT_EQ(evidence_needed(request_all(), {}, inventory), Evidence::kNothing);
  EXPECT_EQ(evidence_needed(by_uuid, {}, sample_inventory()), Evidence::kNothing)
      << "a node without MIG devices";
}

}  // namespace
}  // namespace nvinject
