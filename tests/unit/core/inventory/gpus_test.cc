// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/gpus.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using ::testing::ElementsAre;
using testing::FakeDeviceNumbers;
using ::testing::HasSubstr;
using ::testing::Pair;

std::vector<Gpu> scan_tree(const DriverRootTree& node) {
  const FakeDeviceNumbers numbers;
  const NodeFinder nodes(node.roots(), numbers);
  return scan_gpus(node.roots(), nodes);
}

TEST(GpuInformation, IsReadFieldByField) {
  const Gpu gpu = parse_gpu_information(
      "Model: \t\t NVIDIA H200\nIRQ:   \t\t 40\nGPU UUID: \t GPU-1234\n"
      "Device Minor: \t 7\nBus Location: \t 0000:66:00.0\nGPU Excluded:\t No\n",
      "0000:10:00.0");
  EXPECT_EQ(gpu.model, "NVIDIA H200");
  EXPECT_EQ(gpu.uuid, "GPU-1234");
  EXPECT_EQ(gpu.minor, 7U);
  EXPECT_EQ(gpu.bus_id, "00000000:10:00.0") << "the directory says it, not the file";
  EXPECT_EQ(gpu.broken, "");
}

TEST(GpuInformation, ThatIsIncompleteMakesABrokenGpu) {
  struct Row {
    const char* name;
    const char* text;
    const char* broken;
  };
  const Row rows[] = {
      {"an empty file", "", "no device minor"},
      {"no minor", "Model: x\nGPU UUID: GPU-1\n", "no device minor"},
      {"a minor that is no number", "Device Minor: none\n", "no device minor"},
      {"an excluded GPU", "Device Minor: 0\nGPU Excluded: Yes\n", "excluded"},
      {"excluded without a minor is said first", "GPU Excluded: yes\n", "excluded"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(parse_gpu_information(row.text, "0000:10:00.0").broken, HasSubstr(row.broken))
        << row.name;
  }
}

TEST(GpuInformation, WithQuestionMarksHasNoUuidYetAndIsNotBroken) {
  const Gpu gpu = parse_gpu_information(
      "GPU UUID: \t GPU-\?\?\?\?\?\?\?\?-\?\?\?\?\nDevice Minor: 0\n", "0000:10:00.0");
  EXPECT_EQ(gpu.uuid, "");
  EXPECT_EQ(gpu.broken, "");
}

TEST(ScanGpus, CountsInPciOrderWhateverTheMinorsAre) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const std::vector<Gpu> gpus = scan_tree(node);
  ASSERT_EQ(gpus.size(), 8U);
  std::vector<unsigned> minors;
  for (unsigned i = 0; i < gpus.size(); ++i) {
    EXPECT_EQ(gpus[i].index, i);
    EXPECT_EQ(gpus[i].broken, "");
    ASSERT_TRUE(gpus[i].node);
    EXPECT_EQ(gpus[i].node->number.minor, *gpus[i].minor);
    minors.push_back(*gpus[i].minor);
  }
  EXPECT_THAT(minors, ElementsAre(3, 2, 0, 1, 7, 6, 4, 5));
  EXPECT_EQ(gpus[1].bus_id, "00000000:2a:00.0");
  EXPECT_EQ(gpus[1].uuid, "GPU-aaaa0001-0000-4000-8000-000000000001");
}

TEST(ScanGpus, KeepsHealthyGpusBesideBrokenOnes) {
  const auto node = DriverRootTree::from_fixture("half-broken");
  const std::vector<Gpu> gpus = scan_tree(node);
  ASSERT_EQ(gpus.size(), 7U) << "not-a-bus-id is none";
  EXPECT_EQ(gpus[0].broken, "");
  EXPECT_THAT(gpus[1].broken, HasSubstr("no device minor"));
  EXPECT_THAT(gpus[2].broken, HasSubstr("no device minor"));
  EXPECT_EQ(gpus[3].broken, "") << "its node is derived";
  EXPECT_EQ(gpus[3].node->number, (DeviceNumber{195, 4}));
  EXPECT_EQ(gpus[4].broken, "");
  EXPECT_EQ(gpus[4].uuid, "");
  EXPECT_THAT(gpus[5].broken, HasSubstr("information"));
  EXPECT_THAT(gpus[6].broken, HasSubstr("excluded")) << "NVML does not count it";
  EXPECT_LT(gpus[6].bus_id, gpus[3].bus_id);
}

TEST(ScanGpus, CallsAGpuBrokenThatHasNoNodeAndNoDriverToMakeOne) {
  const DriverRootTree node(
      "t proc/driver/nvidia/gpus/0000:01:00.0/information \"Device Minor: 3\\n\"\n");
  const auto gpus = scan_tree(node);
  ASSERT_EQ(gpus.size(), 1U);
  EXPECT_THAT(gpus[0].broken, HasSubstr("/dev/nvidia3"));
}

TEST(ScanGpus, FindsNoneWithoutADriver) { EXPECT_TRUE(scan_tree(DriverRootTree("")).empty()); }

TEST(ScanGpus, ReadsTheMigLayoutInOrder) {
  const DriverRootTree node(
      "t proc/driver/nvidia/gpus/0000:01:00.0/information \"Device Minor: 0\\n\"\n"
      "t proc/driver/nvidia/gpus/0000:02:00.0/information \"Device Minor: 1\\n\"\n"
      "t proc/driver/nvidia/capabilities/gpu0/mig/gi11/ci0/access \"\"\n"
      "t proc/driver/nvidia/capabilities/gpu0/mig/gi2/ci1/access \"\"\n"
      "t proc/driver/nvidia/capabilities/gpu0/mig/gi2/ci0/access \"\"\n"
      "t proc/driver/nvidia/capabilities/gpu0/mig/gi2/access \"\"\n"
      "t proc/driver/nvidia/capabilities/gpu0/mig/config/access \"\"\n"
      "d proc/driver/nvidia/capabilities/gpu1/mig\n"
      "c dev/nvidia0 195:0 0666\nc dev/nvidia1 195:1 0666\n");
  const auto gpus = scan_tree(node);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_TRUE(gpus[0].mig_enabled);
  std::vector<std::pair<unsigned, unsigned>> instances;
  for (const MigDevice& device : gpus[0].mig_devices) {
    instances.emplace_back(device.gpu_instance, device.compute_instance);
    EXPECT_GT(device.shown_since, 0);
  }
  EXPECT_THAT(instances, ElementsAre(Pair(2, 0), Pair(2, 1), Pair(11, 0)));
  EXPECT_FALSE(gpus[1].mig_enabled) << "a mig directory without GPU instances";
}

}  // namespace
}  // namespace nvinject
