// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/capability_files.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using testing::FakeDeviceNumbers;

TEST(CapabilityFile, HasItsNumbersAmongOtherLines) {
  EXPECT_EQ(parse_capability_file("DeviceFileMinor: 12\nDeviceFileMode: 292\nX: 1\n"),
            (CapabilityFile{.minor = 12, .mode = 0444}));
  EXPECT_EQ(parse_capability_file("DeviceFileMode: x\nDeviceFileMinor:\t3"),
            (CapabilityFile{.minor = 3, .mode = {}}));
  EXPECT_EQ(parse_capability_file("DeviceFileMinor: 3\nDeviceFileMode: 4095\n"),
            (CapabilityFile{.minor = 3, .mode = 0777}));
  for (const char* const text :
       {"", "DeviceFileMinor:", "DeviceFileMinor: x", "DeviceFileMinor: -1", "Minor: 1"}) {
    EXPECT_EQ(parse_capability_file(text), std::nullopt) << text;
  }
}

TEST(ScanMigCapabilities, FindsThoseOfMigAndOfEachMigDevice) {
  const DriverRootTree tree(
      "t proc/devices \"Character devices:\\n510 nvidia-caps\\n\"\n"
      "t proc/driver/nvidia/capabilities/mig/config \"DeviceFileMinor: 1\\nDeviceFileMode: 256\"\n"
      "t proc/driver/nvidia/capabilities/gpu4/mig/gi7/access \"DeviceFileMinor: 66\"\n"
      "t proc/driver/nvidia/capabilities/gpu4/mig/gi7/ci0/access \"DeviceFileMinor: 67\"\n"
      "t proc/driver/nvidia/capabilities/gpu4/mig/gi8/access \"unreadable\"\n"
      "c dev/nvidia-caps/nvidia-cap66 1:2 0440\n");
  const std::vector<Gpu> gpus = {{.minor = 4,
                                  .mig_devices = {{.gpu_instance = 7, .compute_instance = 0},
                                                  {.gpu_instance = 7, .compute_instance = 1},
                                                  {.gpu_instance = 8, .compute_instance = 0}}}};
  const FakeDeviceNumbers numbers;
  const NodeFinder nodes(tree.roots(), numbers);
  const auto found = scan_mig_capabilities(tree.roots(), nodes, gpus, ManagementFiles::kYes);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (MigCapability{.name = "gpu4/mig/gi7/access",
                                     .minor = 66,
                                     .node = DeviceNodeFacts{.number = {1, 2}, .mode = 0440}}))
      << "the node that exists";
  EXPECT_EQ(found[1].name, "gpu4/mig/gi7/ci0/access");
  EXPECT_EQ(found[1].node->number, (DeviceNumber{510, 67}));
  EXPECT_EQ(
      found[2],
      (MigCapability{.name = "mig/config",
                     .minor = 1,
                     .node = DeviceNodeFacts{.number = {510, 1}, .mode = 0400, .on_host = false}}))
      << "as the driver would have it made";
  EXPECT_EQ(scan_mig_capabilities(tree.roots(), nodes, gpus, ManagementFiles::kNo),
            (std::vector<MigCapability>{found[0], found[1]}));
}

}  // namespace
}  // namespace nvinject
