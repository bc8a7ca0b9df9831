// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/capability_files.h"

#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;
using testing::TempTree;

TEST(CapabilityMinor, IsOneOfSeveralLines) {
  EXPECT_THAT(parse_capability_minor("DeviceFileMinor: 12\nDeviceFileMode: 292\n"), Optional(12U));
  EXPECT_THAT(parse_capability_minor("DeviceFileMode: 292\nDeviceFileMinor:\t3"), Optional(3U));
  for (const char* const text : {"", "DeviceFileMinor:", "DeviceFileMinor: x", "Minor: 1"}) {
    EXPECT_EQ(parse_capability_minor(text), std::nullopt) << text;
  }
}

TEST(ScanCapabilityFiles, FindsThoseOfMigAndOfEachMigDevice) {
  const TempTree tree;
  const std::string directory = "driver/nvidia/capabilities/";
  tree.file(directory + "mig/config", "DeviceFileMinor: 1\n");
  tree.file(directory + "gpu4/mig/gi7/access", "DeviceFileMinor: 66\n");
  tree.file(directory + "gpu4/mig/gi7/ci0/access", "DeviceFileMinor: 67\n");
  tree.file(directory + "gpu4/mig/gi8/access", "unreadable\n");
  Inventory inventory;
  inventory.gpus.push_back({.minor = 4,
                            .mig_devices = {{.gpu_instance = 7, .compute_instance = 0},
                                            {.gpu_instance = 8, .compute_instance = 0}}});
  Roots roots;
  roots.proc = tree.host();
  EXPECT_THAT(scan_capability_files(roots, inventory),
              ElementsAre(Pair("gpu4/mig/gi7/access", 66U), Pair("gpu4/mig/gi7/ci0/access", 67U),
                          Pair("mig/config", 1U)));
}

}  // namespace
}  // namespace nvinject
