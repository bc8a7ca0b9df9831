// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/scan.h"

#include <gmock/gmock.h>

#include "core/plan/capability_table.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::DriverRootTree;
using testing::FailsWith;
using testing::FakeDeviceNumbers;
using ::testing::IsEmpty;
using testing::Succeeds;

Result<Inventory> scan_everything(const DriverRootTree& node) {
  return scan(node.roots(), wanted_files(CapabilitySet::all()), FakeDeviceNumbers());
}

TEST(Scan, OfASoundNodeFindsEverything) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const auto inventory = scan_everything(node);
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_EQ(inventory->driver_version, "999.88.77");
  EXPECT_EQ(inventory->cuda_version, std::nullopt) << "no such branch";
  EXPECT_EQ(inventory->driver_root, node.tree().host());
  EXPECT_EQ(inventory->gpus.size(), 8U);
  EXPECT_EQ(inventory->control_nodes.size(), 4U);
  EXPECT_EQ(inventory->libraries.size(), 20U);
  EXPECT_EQ(inventory->programs.size(), 4U);
  EXPECT_EQ(inventory->sockets.size(), 1U);
}

TEST(Scan, IsTheSameEveryTime) {
  const auto node = DriverRootTree::from_fixture("half-broken");
  EXPECT_EQ(*scan_everything(node), *scan_everything(node));
}

TEST(Scan, SaysWhatIsBroken) {
  const auto inventory = scan_everything(DriverRootTree::from_fixture("half-broken"));
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_THAT(inventory->findings, Contains(Decides("GPU 1", "broken", "no device minor")));
  EXPECT_THAT(inventory->findings, Contains(Decides("GPU 6", "broken", "excluded")));
  EXPECT_THAT(inventory->findings, Contains(Decides("GPU 5", "broken", "information")));
}

TEST(Scan, OfAMachineWithoutADriverIsNoError) {
  const auto inventory = scan_everything(DriverRootTree("d etc\n"));
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_EQ(inventory->driver_version, "");
  EXPECT_THAT(inventory->gpus, IsEmpty());
  EXPECT_THAT(inventory->libraries, IsEmpty());
  EXPECT_THAT(inventory->findings, Contains(Decides("kernel module", "missing", "not loaded")));
}

TEST(Scan, OfAnUnloadedDriverTakesTheVersionOfItsLibraries) {
  const DriverRootTree node(
      "f usr/lib64/libcuda.so.550.163.01 soname=libcuda.so.1\n"
      "cache libcuda.so.1 => /usr/lib64/libcuda.so.550.163.01\n");
  const auto inventory = scan_everything(node);
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_EQ(inventory->driver_version, "550.163.01");
  EXPECT_EQ(inventory->cuda_version, "12.4");
}

TEST(Scan, NeedsADriverRootThatCanBeOpened) {
  const DriverRootTree node("t file \"\"\n");
  EXPECT_THAT(scan(node.roots("absent"), {}, FakeDeviceNumbers()),
              FailsWith(ErrorCode::kNotFound, "absent"));
  EXPECT_THAT(scan(node.roots("file"), {}, FakeDeviceNumbers()),
              FailsWith(ErrorCode::kSystem, "driver root"));
}

}  // namespace
}  // namespace nvinject
