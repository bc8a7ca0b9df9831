// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/kubelet_door.h"

#include <gmock/gmock.h>

#include "tests/support/eventually.h"
#include "tests/support/fake_kubelet.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using testing::Succeeds;

TEST(NumaNode, IsWhatSysfsSays) {
  const testing::TempTree tree;
  tree.file("bus/pci/devices/0000:10:00.0/numa_node", "1\n");
  tree.file("bus/pci/devices/0000:20:00.0/numa_node", "-1\n");
  tree.file("bus/pci/devices/10000:30:00.0/numa_node", "0\n");
  EXPECT_EQ(numa_node_of(tree.host(), "00000000:10:00.0"), 1U);
  EXPECT_EQ(numa_node_of(tree.host(), "00000000:20:00.0"), std::nullopt);
  EXPECT_EQ(numa_node_of(tree.host(), "00000000:40:00.0"), std::nullopt);
}

class KubeletDoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.kubelet.device_plugins = tree_.path("device-plugins");
    config_.roots.sys = tree_.host("sys");
    tree_.file("sys/bus/pci/devices/0000:10:00.0/numa_node", "1\n");
    kubelet_.start();
    auto door = KubeletDoor::open(loop_, config_, [this] { on_change(); });
    ASSERT_THAT(door, Succeeds());
    door_ = *std::move(door);
    snapshot_.inventory = testing::sample_inventory(2);
  }
  void on_change() {
    if (door_ && door_->knows_us() == wanted_) loop_.stop();
  }
  // Runs the loop until it is so, or for twenty seconds.
  bool becomes_known(bool known) {
    wanted_ = known;
    if (door_->knows_us() != known) {
      loop_.at(Clock::now() + std::chrono::seconds(20), [this] { loop_.stop(); });
      EXPECT_THAT(loop_.run(), Succeeds());
    }
    return door_->knows_us() == known;
  }

  testing::TempTree tree_;
  testing::FakeKubelet kubelet_{tree_.path()};
  Config config_;
  EventLoop loop_;
  Snapshot snapshot_;
  bool wanted_ = true;
  std::unique_ptr<KubeletDoor> door_;
};

TEST_F(KubeletDoorTest, ANodeWithoutGpusHasNothingToTell) {
  EXPECT_TRUE(door_->knows_us());
  door_->on_synchronised({.name = "containerd"});
  EXPECT_EQ(kubelet_.plugins().registrations("nvidia.com/gpu"), 0U);
}

TEST_F(KubeletDoorTest, TheKubeletLearnsWhatTheMachineHas) {
  door_->on_snapshot(snapshot_);
  EXPECT_FALSE(door_->knows_us());
  door_->on_synchronised({.name = "containerd"});
  ASSERT_TRUE(becomes_known(true));
  const auto devices_there = [this] { return kubelet_.plugins().devices("nvidia.com/gpu"); };
  ASSERT_TRUE(testing::eventually([&] { return devices_there().size() == 2; }));
  const auto devices = devices_there();
  EXPECT_EQ(devices[0].numa_nodes, std::vector<std::int64_t>{1});
  EXPECT_TRUE(devices[1].numa_nodes.empty());
}

}  // namespace
}  // namespace nvinject::nri
