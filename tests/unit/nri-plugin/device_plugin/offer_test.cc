// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/offer.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::sample_gpu;
using testing::sample_inventory;
using ::testing::SizeIs;

std::vector<std::string> ids_of(const Offer& offer) {
  std::vector<std::string> ids;
  for (const OfferedDevice& device : devices_of(offer)) ids.push_back(device.id);
  return ids;
}

std::vector<bool> health_of(const std::vector<OfferedGpu>& gpus) {
  std::vector<bool> health;
  for (const OfferedGpu& gpu : gpus) health.push_back(gpu.healthy);
  return health;
}

TEST(Offer, IsEveryGpuThatCanBeGiven) {
  Inventory inventory = sample_inventory(5);
  inventory.gpus[1].broken = "it fell off the bus";
  inventory.gpus[2].mig_enabled = true;
  inventory.gpus[3].uuid = "";
  const Offer offer{.gpus = offered_gpus(inventory, {})};
  EXPECT_THAT(ids_of(offer), ElementsAre(sample_gpu(0).uuid, sample_gpu(4).uuid));
  EXPECT_THAT(offered_gpus(Inventory{}, {}), IsEmpty());
}

TEST(Offer, AGpuThatIsGoneIsUnhealthyUntilItIsBack) {
  Inventory inventory = sample_inventory(3);
  auto gpus = offered_gpus(inventory, {});
  EXPECT_THAT(health_of(gpus), ElementsAre(true, true, true));
  inventory.gpus[1].broken = "its node is gone";
  gpus = offered_gpus(inventory, gpus);
  EXPECT_THAT(health_of(gpus), ElementsAre(true, false, true));
  gpus = offered_gpus(Inventory{}, gpus);
  EXPECT_THAT(health_of(gpus), ElementsAre(false, false, false));
  inventory = sample_inventory(3);
  inventory.kernel_module_loaded = false;
  EXPECT_THAT(health_of(offered_gpus(inventory, gpus)), ElementsAre(false, false, false));
  inventory.kernel_module_loaded = true;
  EXPECT_THAT(health_of(offered_gpus(inventory, gpus)), ElementsAre(true, true, true));
}

TEST(Offer, NoGpuCanBeGivenWithoutWhatEveryContainerNeeds) {
  using ::testing::HasSubstr;
  const Inventory sound = sample_inventory(2);
  EXPECT_EQ(why_none_can_be_given(sound), "");
  for (const ControlNode& node : sound.control_nodes) {
    Inventory inventory = sound;
    std::erase(inventory.control_nodes, node);
    const bool is_needed = node.name == "nvidiactl" || node.name == "nvidia-uvm";
    EXPECT_THAT(why_none_can_be_given(inventory),
                is_needed ? HasSubstr("/dev/" + node.name + ",") : HasSubstr(""))
        << node.name;
    EXPECT_EQ(why_none_can_be_given(inventory).empty(), !is_needed) << node.name;
  }
  Inventory unloaded = sound;
  unloaded.kernel_module_loaded = false;
  EXPECT_THAT(why_none_can_be_given(unloaded), HasSubstr("not loaded"));
}

TEST(Offer, ASharedGpuIsSeveralDevices) {
  const Offer offer{.gpus = offered_gpus(sample_inventory(2), {}), .replicas = 3};
  ASSERT_THAT(ids_of(offer), SizeIs(6));
  EXPECT_EQ(ids_of(offer)[4], sample_gpu(1).uuid + "::1");
}

TEST(Offer, KnowsItsOwnIdsAndNoOthers) {
  Offer offer{.gpus = offered_gpus(sample_inventory(2), {})};
  const std::string uuid = sample_gpu(1).uuid;
  ASSERT_NE(find_device(offer, uuid), nullptr);
  EXPECT_EQ(find_device(offer, uuid)->index, 1U);
  EXPECT_EQ(find_device(offer, uuid + "::0"), nullptr);
  offer.replicas = 2;
  EXPECT_NE(find_device(offer, uuid + "::1"), nullptr);
  for (const std::string& id : {uuid, uuid + "::2", uuid + "::", uuid + "::x", std::string(),
                                std::string("::0"), std::string("GPU-other::0")}) {
    EXPECT_EQ(find_device(offer, id), nullptr) << id;
  }
}

}  // namespace
}  // namespace nvinject::nri
