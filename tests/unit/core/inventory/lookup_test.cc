// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/lookup.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

TEST(Lookup, NamesTheFilesOfAMigDeviceByTheMinorOfItsGpu) {
  Gpu gpu;
  gpu.index = 1;
  gpu.minor = 4;
  const MigDevice device{.gpu_instance = 7, .compute_instance = 2};
  EXPECT_EQ(gpu_instance_file(gpu, device), "gpu4/mig/gi7/access");
  EXPECT_EQ(compute_instance_file(gpu, device), "gpu4/mig/gi7/ci2/access");
}

TEST(Lookup, AGpuThatIsBrokenLacksMoreThanItsUuid) {
  EXPECT_TRUE(lacks_uuid({}));
  EXPECT_FALSE(lacks_uuid({.uuid = "GPU-a"}));
  EXPECT_FALSE(lacks_uuid({.broken = "no minor"}));
}

TEST(Lookup, FindsRightsByTheirWholeName) {
  const Inventory inventory = testing::sample_mig_inventory();
  ASSERT_NE(find_mig_capability(inventory, kMigConfig), nullptr);
  EXPECT_EQ(find_mig_capability(inventory, kMigConfig)->minor, 1U);
  EXPECT_EQ(find_mig_capability(inventory, "mig"), nullptr);
  EXPECT_EQ(find_mig_capability(testing::sample_inventory(), kMigMonitor), nullptr);
}

TEST(Lookup, MakesUpAnImexChannelThatTheDriverOffers) {
  ImexChannels channels{.nodes = {{7, {.number = {509, 7}}}}, .offered = 2, .made = {}};
  EXPECT_TRUE(find_imex_channel(channels, 7));
  EXPECT_FALSE(find_imex_channel(channels, 1)) << "without its driver in /proc/devices";
  channels.made = DeviceNodeFacts{.number = {509, 0}, .on_host = false};
  EXPECT_EQ(find_imex_channel(channels, 1)->number, (DeviceNumber{509, 1}));
  EXPECT_FALSE(find_imex_channel(channels, 2));
}

}  // namespace
}  // namespace nvinject
