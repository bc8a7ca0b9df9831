// SPDX-License-Identifier: Apache-2.0
#include "core/grant/find_mig_device.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/unit/core/grant/selected.h"

namespace nvinject {
namespace {

using testing::cdi_name;
using ::testing::ElementsAre;
using testing::FailsWith;
using testing::index_of;
using testing::indices;
using testing::request_all;
using testing::request_listed;
using testing::sample_mig_inventory;
using testing::Succeeds;

DeviceId mig_index(unsigned gpu, unsigned mig) {
  return {DeviceIdKind::kMigIndex, std::to_string(gpu) + ":" + std::to_string(mig), gpu, mig};
}
DeviceId mig_uuid(std::string text) { return {DeviceIdKind::kMigUuid, std::move(text), 0, 0}; }

// GPU instances: no two devices of the sample share one.
std::vector<unsigned> mig_instances(const Result<Selection>& selection) {
  std::vector<unsigned> found;
  for (const SelectedMig& mig : selection->mig_devices) found.push_back(mig.device->gpu_instance);
  return found;
}

TEST(SelectGpus, TakesMigDevicesWithTheirGpu) {
  struct Row {
    const char* name;
    std::vector<DeviceId> devices;
    std::vector<unsigned> gpus;
    std::vector<unsigned> instances;
  };
  const Inventory inventory = sample_mig_inventory();
  const Row rows[] = {
      {"a MIG index", {mig_index(1, 2)}, {1}, {9}},
      {"a UUID", {mig_uuid("MIG-aaaa7777-0000-4000-8000-000000000000")}, {1}, {7}},
      {"a UUID in capitals", {mig_uuid("mig-AAAA7777-0000-4000-8000-000000000000")}, {1}, {7}},
      {"the beginning of a UUID", {mig_uuid("MIG-b")}, {1}, {9}},
      {"the old name", {mig_uuid("MIG-GPU-bbbbbbbb-0000-4000-8000-000000000000/9/0")}, {1}, {9}},
      {"a CDI name", {cdi_name("nvidia.com/gpu=1:0")}, {1}, {7}},
      {"both, in order", {mig_index(1, 2), mig_index(1, 0)}, {1}, {7, 9}},
      {"one in two ways, and a GPU",
       {mig_index(1, 0), mig_uuid("MIG-a"), index_of(0)},
       {0, 1},
       {7}},
      {"the whole GPU", {index_of(1)}, {1}, {}},
  };
  for (const Row& row : rows) {
    const auto selection = select_gpus(request_listed(row.devices), inventory);
    ASSERT_THAT(selection, Succeeds()) << row.name;
    EXPECT_EQ(indices(selection), row.gpus) << row.name;
    EXPECT_EQ(mig_instances(selection), row.instances) << row.name;
    EXPECT_EQ(selection->names_mig_devices, !row.instances.empty()) << row.name;
  }
}

TEST(SelectGpus, TakesAllMigDevicesForAll) {
  const Inventory inventory = sample_mig_inventory();
  for (const GpuRequest& request :
       {request_all(), request_listed({cdi_name("nvidia.com/gpu=all"), mig_index(1, 0)})}) {
    const auto selection = select_gpus(request, inventory);
    ASSERT_THAT(selection, Succeeds());
    EXPECT_THAT(indices(selection), ElementsAre(0, 1, 2));
    EXPECT_THAT(mig_instances(selection), ElementsAre(7, 9));
  }
  EXPECT_FALSE(select_gpus(request_all(), inventory)->names_mig_devices);
}

TEST(SelectGpus, FailsForAMigDeviceThatIsNotThere) {
  Inventory inventory = sample_mig_inventory();
  struct Row {
    DeviceId id;
    const char* text;
  };
  for (const Row& row : {
           Row{mig_index(0, 0), "unknown device '0:0': GPU 0 has no MIG devices"},
           Row{mig_index(1, 1), "'1:1': GPU 1 has 2 MIG devices, and none is of that name"},
           Row{mig_index(7, 0), "'7:0': this node has 3 GPUs"},
           Row{mig_uuid("MIG-c"), "'MIG-c': this node has 2 MIG devices"},
           Row{mig_uuid("MIG-GPU-b/9/1"), "'MIG-GPU-b/9/1'"},
           Row{mig_uuid("MIG-GPU-a/9/0"), "'MIG-GPU-a/9/0'"},
           Row{cdi_name("nvidia.com/gpu=1:1"), "'nvidia.com/gpu=1:1'"},
       }) {
    EXPECT_THAT(select_gpus(request_listed({row.id}), inventory),
                FailsWith(ErrorCode::kNotFound, row.text));
  }
  inventory.gpus[1].mig_devices[1].uuid = "MIG-aaaa0000-0000-4000-8000-000000000000";
  EXPECT_THAT(select_gpus(request_listed({mig_uuid("MIG-aa")}), inventory),
              FailsWith(ErrorCode::kInvalidRequest,
                        "'MIG-aa' is ambiguous: MIG device 7/0 of GPU 1 and MIG device 9/0"));
  inventory.gpus[1].broken = "fell off the bus";
  EXPECT_THAT(select_gpus(request_listed({mig_index(1, 0)}), inventory),
              FailsWith(ErrorCode::kUnavailable, "'1:0' (GPU 1) is broken"));
}

TEST(DependsOnMigLayout, IsTrueForWhateverMigGives) {
  const Inventory with_mig = sample_mig_inventory();
  const Inventory without_mig = testing::sample_inventory();
  EXPECT_TRUE(depends_on_mig_layout(request_all(), with_mig));
  EXPECT_TRUE(depends_on_mig_layout(request_listed({cdi_name("nvidia.com/gpu=all")}), with_mig));
  EXPECT_FALSE(depends_on_mig_layout(request_all(), without_mig));
  EXPECT_FALSE(depends_on_mig_layout(request_listed({index_of(1)}), with_mig));
  for (const DeviceId& id : {mig_index(1, 0), mig_uuid("MIG-a"), cdi_name("nvidia.com/gpu=1:0")}) {
    EXPECT_TRUE(depends_on_mig_layout(request_listed({id}), without_mig)) << id.text;
  }
  GpuRequest manager = request_listed({index_of(1)});
  manager.extras.mig_config = "all";
  EXPECT_TRUE(depends_on_mig_layout(manager, without_mig));
}

}  // namespace
}  // namespace nvinject
