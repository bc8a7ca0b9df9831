// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/nodes.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using testing::FakeDeviceNumbers;

constexpr const char* kLoaded =
    "t proc/devices \"Character devices:\\n195 nvidia\\n511 nvidia-uvm\\n\"\n"
    "t proc/driver/nvidia/params \"DeviceFileGID: 985\\nDeviceFileMode: 432\\n\"\n";

TEST(NodeFinder, PrefersTheNodeThatExists) {
  const DriverRootTree node(std::string(kLoaded) + "c dev/nvidia0 1:2 0600 3:4\n");
  const FakeDeviceNumbers numbers;
  const NodeFinder finder(node.roots(), numbers);
  EXPECT_EQ(finder.find("nvidia0"),
            (DeviceNodeFacts{.number = {1, 2}, .mode = 0600, .uid = 3, .gid = 4}));
}

TEST(NodeFinder, DerivesTheNodeThatDoesNotExist) {
  const DriverRootTree node(kLoaded);
  const FakeDeviceNumbers numbers;
  const NodeFinder finder(node.roots(), numbers);
  EXPECT_EQ(
      finder.find("nvidia0"),
      (DeviceNodeFacts{.number = {195, 0}, .mode = 0660, .uid = 0, .gid = 985, .on_host = false}));
  EXPECT_EQ(finder.find_existing("nvidia0"), std::nullopt);
  EXPECT_EQ(finder.find("nvidia-caps"), std::nullopt);
}

TEST(NodeFinder, LooksIntoTheDriverContainerBeforeTheHost) {
  const DriverRootTree node(
      "c run/nvidia/driver/dev/nvidia0 195:0 0666\n"
      "c dev/nvidia0 1:1 0600\n"
      "c dev/nvidia1 195:1 0666\n");
  const FakeDeviceNumbers numbers;
  const NodeFinder finder(node.roots("run/nvidia/driver"), numbers);
  EXPECT_EQ(finder.find("nvidia0")->number, (DeviceNumber{195, 0}));
  EXPECT_EQ(finder.find("nvidia1")->number, (DeviceNumber{195, 1})) << "only the host has it";
}

TEST(NodeFinder, TellsWhatTheHostHas) {
  const DriverRootTree node(
      "t proc/devices \"Character devices:\\n195 nvidia\\n\"\n"
      "c run/nvidia/driver/dev/nvidia0 195:0 0666\n"
      "c run/nvidia/driver/dev/nvidia1 195:1 0666\n"
      "c run/nvidia/driver/dev/nvidia2 195:2 0666\n"
      "c dev/nvidia1 195:1 0660\n"
      "c dev/nvidia2 1:2 0666\n"
      "c dev/nvidia3 195:3 0666\n");
  const FakeDeviceNumbers numbers;
  const NodeFinder finder(node.roots("run/nvidia/driver"), numbers);
  EXPECT_FALSE(finder.find("nvidia0")->on_host) << "only the driver container has it";
  EXPECT_TRUE(finder.find("nvidia1")->on_host) << "both have it";
  EXPECT_FALSE(finder.find("nvidia2")->on_host) << "the host's is another device";
  EXPECT_TRUE(finder.find("nvidia3")->on_host);
  EXPECT_FALSE(finder.find("nvidia4")->on_host) << "derived";
}

TEST(NodeFinder, TakesNothingThatIsNoDevice) {
  const DriverRootTree node("t dev/nvidia0 \"text\"\nd dev/nvidiactl\n");
  const FakeDeviceNumbers numbers;
  const NodeFinder finder(node.roots(), numbers);
  EXPECT_EQ(finder.find("nvidia0"), std::nullopt);
  EXPECT_EQ(finder.find("nvidiactl"), std::nullopt);
}

TEST(ControlNodes, AreThoseThatExistOrCanBeDerived) {
  const FakeDeviceNumbers numbers;
  const auto names = [&](const DriverRootTree& node) {
    std::vector<std::string> found;
    for (const ControlNode& control : scan_control_nodes(NodeFinder(node.roots(), numbers))) {
      found.push_back(control.name);
    }
    return found;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(names(DriverRootTree(kLoaded)),
              ElementsAre("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"));
  EXPECT_THAT(names(DriverRootTree("c dev/nvidiactl 195:255 0666\n")), ElementsAre("nvidiactl"));
  EXPECT_THAT(names(DriverRootTree("")), ElementsAre());
}

}  // namespace
}  // namespace nvinject
