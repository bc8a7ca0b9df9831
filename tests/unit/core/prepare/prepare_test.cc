// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "core/inventory/nodes.h"
#include "tests/unit/core/prepare/prepare_fixture.h"

namespace nvinject {
namespace {

using ::testing::IsEmpty;
using testing::PrepareNodesTest;
using testing::PrepareTest;

TEST_F(PrepareTest, DoesNothingInAUserNamespace) {
  tree_.file("proc/self/uid_map", "0 1000 1\n");
  EXPECT_THAT(prepare().done, IsEmpty());
  EXPECT_EQ(modprobe_runs(), "");
  EXPECT_FALSE(std::filesystem::exists(tree_.path("state")));
}

TEST_F(PrepareNodesTest, ManyProcessesAtOnceLeaveOneOfEach) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(prepare_node(roots(), {}) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(tree_.entries("dev"), 7U);
  EXPECT_EQ(tree_.entries("dev/char"), 6U);
}

TEST_F(PrepareTest, OnceMeansOnceInAWhile) {
  tree_.file("modprobe.missing", "nvidia");
  EXPECT_FALSE(prepare_once(roots(), {}));
  const auto again = prepare_once(roots(), {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->skipped.size(), 1U);
  EXPECT_EQ(modprobe_runs(), "nvidia\n");
  EXPECT_FALSE(prepare_once(roots(), {.retry_interval = std::chrono::seconds(0)}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia\n");
}

TEST_F(PrepareTest, OnceMeansOncePerBoot) {
  ASSERT_TRUE(prepare_once(roots(), {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
  tree_.file("proc/sys/kernel/random/boot_id", "the-next-boot\n");
  std::filesystem::remove_all(tree_.path("sys/module/nvidia"));
  ASSERT_TRUE(prepare_once(roots(), {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\nnvidia\n");
}

TEST_F(PrepareTest, AMarkThatIsNotOursOrNoMarkMeansTryingAgain) {
  for (const std::string& mark :
       {std::string(), std::string("a-boot"), std::string("a-boot 99999999999999999999"),
        std::string("a-boot 4294967295"), std::string("a-boot -1"), std::string(1000, 'x')}) {
    ASSERT_TRUE(prepare_once(roots(), {}));
    tree_.file("state/prepared", mark);
    EXPECT_THAT(prepare_once(roots(), {})->skipped, IsEmpty()) << mark;
  }
  ASSERT_EQ(::chmod(tree_.path("state/prepared").c_str(), 0666), 0);
  EXPECT_THAT(prepare_once(roots(), {})->skipped, IsEmpty());
}

TEST_F(PrepareTest, NeedsPreparationBeforeTheDriverIsLoaded) {
  EXPECT_TRUE(needs_preparation({}, roots(), DeviceNumbers()));
  std::filesystem::remove_all(tree_.path("sys/bus/pci/devices/0000:10:00.0"));
  EXPECT_FALSE(needs_preparation({}, roots(), DeviceNumbers()));
}

TEST_F(PrepareNodesTest, NeedsPreparationUntilEveryNodeIsThere) {
  const DeviceNumbers numbers;
  Inventory inventory;
  const auto scan = [&] {
    const NodeFinder nodes(roots(), numbers);
    inventory.control_nodes = scan_control_nodes(nodes);
    inventory.gpus.resize(1);
    inventory.gpus[0].minor = 3;
    inventory.gpus[0].node = nodes.find("nvidia3");
  };
  scan();
  EXPECT_TRUE(needs_preparation(inventory, roots(), numbers));
  static_cast<void>(prepare());
  scan();
  EXPECT_FALSE(needs_preparation(inventory, roots(), numbers));
  for (const char* name : {"nvidia3", "nvidia-uvm-tools"}) {
    std::filesystem::remove(tree_.path(std::string("dev/") + name));
    scan();
    EXPECT_TRUE(needs_preparation(inventory, roots(), numbers)) << name;
    tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 0\n");
    EXPECT_FALSE(needs_preparation(inventory, roots(), numbers)) << name;
    tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 1\n");
    static_cast<void>(prepare());
  }
  // A link is ours to make even where the nodes are not.
  tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 0\n");
  ASSERT_GT(std::filesystem::remove_all(tree_.path("dev/char")), 1U);
  EXPECT_TRUE(needs_preparation(inventory, roots(), numbers));
  static_cast<void>(prepare());
  EXPECT_FALSE(needs_preparation(inventory, roots(), numbers));
}

TEST_F(PrepareNodesTest, NeedsPreparationForARightInMigThatHasNoNode) {
  static_cast<void>(prepare());
  const DeviceNumbers numbers;
  const NodeFinder nodes(roots(), numbers);
  Inventory inventory;
  inventory.gpus.resize(1);
  inventory.gpus[0].minor = 3;
  inventory.gpus[0].node = nodes.find("nvidia3");
  inventory.control_nodes = scan_control_nodes(nodes);
  inventory.mig_capabilities = {{.name = "mig/config", .minor = 1, .node = {}}};
  EXPECT_FALSE(needs_preparation(inventory, roots(), numbers)) << "nobody serves it";
  inventory.mig_capabilities[0].node = DeviceNodeFacts{.number = {510, 1}, .on_host = false};
  EXPECT_TRUE(needs_preparation(inventory, roots(), numbers));
}

TEST_F(PrepareNodesTest, NeedsPreparationWhenOnlyUvmIsNotLoaded) {
  static_cast<void>(prepare());
  std::filesystem::remove_all(tree_.path("sys/module/nvidia_uvm"));
  Inventory inventory;
  inventory.gpus.resize(1);
  inventory.gpus[0].minor = 3;
  inventory.control_nodes.push_back({.name = "nvidiactl", .node = {}});
  EXPECT_TRUE(needs_preparation(inventory, roots(), DeviceNumbers()));
}

TEST_F(PrepareNodesTest, MakesImexChannelsThatTheDriverHas) {
  tree_.file("proc/devices", "Character devices:\n195 nvidia\n509 nvidia-caps-imex-channels\n");
  tree_.file("proc/driver/nvidia/params", "ImexChannelCount: 4\nDeviceFileMode: 438\n");
  const auto report = prepare_imex_channels(roots(), {3, 4}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(node("nvidia-caps-imex-channels/channel3")->number, (DeviceNumber{509, 3}));
  EXPECT_EQ(link("509:3"), "../nvidia-caps-imex-channels/channel3");
  EXPECT_FALSE(node("nvidia-caps-imex-channels/channel4"));
  EXPECT_THAT(prepare_imex_channels(roots(), {3}, {})->done, IsEmpty());
  tree_.file("proc/driver/nvidia/params", "ImexChannelCount: 4\nModifyDeviceFiles: 0\n");
  EXPECT_THAT(prepare_imex_channels(roots(), {2}, {})->done, IsEmpty());
}

}  // namespace
}  // namespace nvinject
