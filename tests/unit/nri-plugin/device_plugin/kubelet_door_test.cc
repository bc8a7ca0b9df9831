// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/kubelet_door.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include "core/os/unix_socket.h"
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

constexpr std::chrono::milliseconds kPatience{300};

class KubeletDoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.kubelet.device_plugins = tree_.path("device-plugins");
    config_.roots.sys = tree_.host("sys");
    config_.roots.state = tree_.host("state");
    tree_.file("sys/bus/pci/devices/0000:10:00.0/numa_node", "1\n");
    kubelet_.start();
    auto door = KubeletDoor::open(loop_, config_, [this] { on_change(); }, kPatience);
    ASSERT_THAT(door, Succeeds());
    door_ = *std::move(door);
    snapshot_.inventory = testing::sample_inventory(2);
  }
  void on_change() {
    if (door_ && door_->is_ready() == wanted_) loop_.stop();
  }
  // Runs the loop until it is so, or for twenty seconds.
  bool becomes_known(bool known) {
    wanted_ = known;
    if (door_->is_ready() != known) {
      loop_.at(Clock::now() + std::chrono::seconds(20), [this] { loop_.stop(); });
      EXPECT_THAT(loop_.run(), Succeeds());
    }
    return door_->is_ready() == known;
  }

  [[nodiscard]] std::ptrdiff_t healthy() {
    const auto devices = kubelet_.plugins().devices("nvidia.com/gpu");
    return std::count_if(devices.begin(), devices.end(),
                         [](const testing::FakeDevice& device) { return device.healthy; });
  }

  void lose_uvm() {
    std::erase_if(snapshot_.inventory.control_nodes,
                  [](const ControlNode& node) { return node.name == "nvidia-uvm"; });
  }

  void lose_uvm_while_all_is_well() {
    door_->on_snapshot(snapshot_);
    door_->on_synchronised({.name = "containerd"});
    ASSERT_TRUE(becomes_known(true));
    ASSERT_TRUE(testing::eventually([this] { return healthy() == 2; }));
    lose_uvm();
    door_->on_snapshot(snapshot_);
  }

  static void say(const UniqueFd& speaker, const std::string& text) {
    EXPECT_THAT(send_all(speaker.get(), "feed", text), Succeeds());
  }
  // Runs the loop until it is so, or for twenty seconds.
  void run_until(const std::function<bool()>& is_so) {
    const auto until = Clock::now() + std::chrono::seconds(20);
    std::function<void()> look = [&] {
      if (is_so() || Clock::now() > until) return loop_.stop();
      loop_.at(Clock::now() + std::chrono::milliseconds(5), look);
    };
    loop_.at(Clock::now(), look);
    EXPECT_THAT(loop_.run(), Succeeds());
  }

  testing::TempTree tree_;
  testing::FakeKubelet kubelet_{tree_.path()};
  Config config_;
  EventLoop loop_;
  Snapshot snapshot_;
  std::optional<bool> wanted_;
  std::unique_ptr<KubeletDoor> door_;
};

TEST_F(KubeletDoorTest, ANodeWithoutGpusHasNothingToTell) {
  EXPECT_TRUE(door_->is_ready());
  door_->on_synchronised({.name = "containerd"});
  EXPECT_EQ(kubelet_.plugins().registrations("nvidia.com/gpu"), 0U);
}

TEST_F(KubeletDoorTest, TheKubeletLearnsWhatTheMachineHas) {
  door_->on_snapshot(snapshot_);
  EXPECT_FALSE(door_->is_ready());
  door_->on_synchronised({.name = "containerd"});
  ASSERT_TRUE(becomes_known(true));
  const auto devices_there = [this] { return kubelet_.plugins().devices("nvidia.com/gpu"); };
  ASSERT_TRUE(testing::eventually([&] { return devices_there().size() == 2; }));
  const auto devices = devices_there();
  EXPECT_EQ(devices[0].numa_nodes, std::vector<std::int64_t>{1});
  EXPECT_TRUE(devices[1].numa_nodes.empty());
}

TEST_F(KubeletDoorTest, ALostRuntimeIsNoMatterOfHealthAtFirst) {
  door_->on_snapshot(snapshot_);
  door_->on_synchronised({.name = "containerd"});
  ASSERT_TRUE(testing::eventually([this] { return healthy() == 2; }));
  const auto lost_at = Clock::now();
  door_->on_lost();
  std::ptrdiff_t at_first = 0;
  bool falls_ill = false;
  loop_.at(lost_at + kPatience / 2, [&] { at_first = healthy(); });
  loop_.at(lost_at + kPatience * 3 / 2, [&] {
    falls_ill = testing::eventually([this] { return healthy() == 0; });
    loop_.stop();
  });
  ASSERT_THAT(loop_.run(), Succeeds());
  EXPECT_EQ(at_first, 2);
  EXPECT_TRUE(falls_ill);
  door_->on_synchronised({.name = "containerd"});
  EXPECT_TRUE(testing::eventually([this] { return healthy() == 2; }));
}

TEST_F(KubeletDoorTest, AGpuOfWhichTheDriverReportsAnErrorIsUnhealthyUntilItHasRecovered) {
  door_->on_snapshot(snapshot_);
  door_->on_synchronised({.name = "containerd"});
  ASSERT_TRUE(testing::eventually([this] { return healthy() == 2; }));
  const auto speaker = connect_unix(tree_.host("state/gpu-health.sock"), std::chrono::seconds(20));
  ASSERT_THAT(speaker, Succeeds());
  const std::string uuid = snapshot_.inventory.gpus[1].uuid;
  say(*speaker, "watching\nfailed " + uuid + " 31\n");  // of a program
  say(*speaker, "failed GPU-ffffffff-ffff-ffff-ffff-ffffffffffff 79\n");
  say(*speaker, "failed " + uuid + " 79\n");
  StatusReport report;
  report.gpus = {{.index = 1, .uuid = uuid}};
  run_until([&] {
    door_->add_to(report);
    return report.kubelet->healthy == 1;
  });
  ASSERT_TRUE(report.kubelet);
  EXPECT_EQ(report.kubelet->devices, 2U);
  EXPECT_EQ(report.kubelet->xid_watch, XidWatch::kWatched);
  EXPECT_THAT(report.gpus[0].kept_back, ::testing::HasSubstr("Xid 79"));
  EXPECT_TRUE(testing::eventually([this] { return healthy() == 1; }));
  say(*speaker, "released\nrecovered\n");
  run_until([&] {
    report.gpus[0].kept_back.clear();
    door_->add_to(report);
    return report.kubelet->healthy == 2;
  });
  EXPECT_EQ(report.kubelet->xid_watch, XidWatch::kReleased);
  EXPECT_EQ(report.gpus[0].kept_back, "");
  EXPECT_TRUE(testing::eventually([this] { return healthy() == 2; }));
}

// After a restart of the plugin the watcher may speak before anybody has looked at the machine.
TEST_F(KubeletDoorTest, AFailureThatIsToldBeforeTheFirstLookCounts) {
  const auto speaker = connect_unix(tree_.host("state/gpu-health.sock"), std::chrono::seconds(20));
  ASSERT_THAT(speaker, Succeeds());
  say(*speaker, "failed " + snapshot_.inventory.gpus[0].uuid + " 79\nwatching\n");
  StatusReport report;
  run_until([&] {
    door_->add_to(report);
    return report.kubelet->xid_watch == XidWatch::kWatched;
  });
  door_->on_snapshot(snapshot_);
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->healthy, 1U);
  EXPECT_EQ(report.kubelet->devices, 2U);
}

// A reset takes the GPU away and brings it back; so does loading the driver anew.
TEST_F(KubeletDoorTest, AGpuThatWasAwayBeginsAnew) {
  door_->on_snapshot(snapshot_);
  const auto speaker = connect_unix(tree_.host("state/gpu-health.sock"), std::chrono::seconds(20));
  ASSERT_THAT(speaker, Succeeds());
  say(*speaker, "failed " + snapshot_.inventory.gpus[0].uuid + " 48\n");
  StatusReport report;
  run_until([&] {
    door_->add_to(report);
    return report.kubelet->healthy == 1;
  });
  EXPECT_EQ(report.kubelet->healthy, 1U);
  snapshot_.inventory.gpus[0].broken = "its node is gone";
  door_->on_snapshot(snapshot_);
  snapshot_.inventory.gpus[0].broken.clear();
  door_->on_snapshot(snapshot_);
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->healthy, 2U);
}

TEST_F(KubeletDoorTest, WithoutANodeThatEveryContainerNeedsNoGpuIsHealthyForLong) {
  const std::vector<ControlNode> all = snapshot_.inventory.control_nodes;
  ASSERT_NO_FATAL_FAILURE(lose_uvm_while_all_is_well());
  EXPECT_FALSE(door_->is_ready());
  StatusReport report;
  report.gpus = {{.index = 0}};
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->healthy, 2U);
  EXPECT_THAT(report.gpus[0].kept_back, ::testing::HasSubstr("/dev/nvidia-uvm"));
  run_until([this] { return healthy() == 0; });
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->devices, 2U);
  EXPECT_EQ(report.kubelet->healthy, 0U);
  snapshot_.inventory.control_nodes = all;
  door_->on_snapshot(snapshot_);
  EXPECT_TRUE(testing::eventually([this] { return healthy() == 2; }));
  door_->add_to(report);
  EXPECT_EQ(report.gpus[0].kept_back, "");
}

// As by `modprobe -r nvidia-uvm` and `modprobe nvidia-uvm`.
TEST_F(KubeletDoorTest, ANodeThatIsAwayForAMomentIsNoMatterOfHealth) {
  const std::vector<ControlNode> all = snapshot_.inventory.control_nodes;
  ASSERT_NO_FATAL_FAILURE(lose_uvm_while_all_is_well());
  snapshot_.inventory.control_nodes = all;
  door_->on_snapshot(snapshot_);
  const auto until = Clock::now() + kPatience * 3 / 2;
  bool was_ill = false;
  run_until([&] {
    was_ill = was_ill || healthy() != 2;
    return Clock::now() > until;
  });
  EXPECT_FALSE(was_ill);
  EXPECT_TRUE(door_->is_ready());
}

TEST_F(KubeletDoorTest, ANodeThatWasNeverThereIsToldAtOnce) {
  lose_uvm();
  door_->on_snapshot(snapshot_);
  StatusReport report;
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->devices, 2U);
  EXPECT_EQ(report.kubelet->healthy, 0U);
}

// It would look like a node that has none.
TEST_F(KubeletDoorTest, ANodeWhoseGpusHaveNoNameYetIsNotReady) {
  const Inventory named = std::exchange(snapshot_.inventory, testing::sample_inventory(2));
  for (Gpu& gpu : snapshot_.inventory.gpus) gpu.uuid.clear();
  door_->on_synchronised({.name = "containerd"});
  door_->on_snapshot(snapshot_);
  EXPECT_FALSE(door_->is_ready());
  snapshot_.probe_error = Error{ErrorCode::kUnavailable, "no permission"};
  door_->on_snapshot(snapshot_);
  EXPECT_FALSE(door_->is_ready());
  StatusReport report;
  report.gpus = {{.index = 0}, {.index = 1}};
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->devices, 0U);
  for (const GpuStatus& gpu : report.gpus) {
    EXPECT_THAT(gpu.kept_back, ::testing::HasSubstr("no permission"));
  }
  EXPECT_EQ(kubelet_.plugins().registrations("nvidia.com/gpu"), 0U);
  snapshot_.inventory = named;
  door_->on_snapshot(snapshot_);
  EXPECT_TRUE(becomes_known(true));
  EXPECT_TRUE(testing::eventually([this] { return healthy() == 2; }));
}

TEST_F(KubeletDoorTest, OneGpuWithoutANameKeepsNoOtherFromBeingOffered) {
  snapshot_.inventory.gpus[0].uuid.clear();
  door_->on_snapshot(snapshot_);
  door_->on_synchronised({.name = "containerd"});
  EXPECT_TRUE(becomes_known(true));
  StatusReport report;
  report.gpus = {{.index = 0}, {.index = 1}};
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->healthy, 1U);
  EXPECT_THAT(report.gpus[0].kept_back, ::testing::HasSubstr("UUID"));
  EXPECT_EQ(report.gpus[1].kept_back, "");
}

TEST_F(KubeletDoorTest, AGpuInMigModeIsKeptBackAndThatIsSaid) {
  snapshot_.inventory.gpus[0].mig_enabled = true;
  door_->on_snapshot(snapshot_);
  StatusReport report;
  report.gpus = {{.index = 0, .uuid = snapshot_.inventory.gpus[0].uuid, .mig = true}, {.index = 1}};
  door_->add_to(report);
  EXPECT_EQ(report.kubelet->devices, 1U);
  EXPECT_THAT(report.gpus[0].kept_back, ::testing::HasSubstr("beside-nvidia-device-plugin"));
  EXPECT_EQ(report.gpus[1].kept_back, "");
}

}  // namespace
}  // namespace nvinject::nri
