// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/extra_nodes.h"

#include <gmock/gmock.h>

#include "core/inventory/lookup.h"
#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using ::testing::ElementsAre;
using testing::FakeDeviceNumbers;
using ::testing::Field;

constexpr const char* kNode =
    "t proc/devices \"Character devices:\\n509 nvidia-caps-imex-channels\\n\"\n"
    "t proc/driver/nvidia/params \"ImexChannelCount: 8\\n\"\n"
    "c dev/nvidia-caps-imex-channels/channel3 509:3 0660 0:44\n"
    "c dev/nvidia-caps-imex-channels/channel70 509:70 0666\n"
    "c dev/nvidia-caps-imex-channels/other 1:3 0666\n"
    "c dev/nvidia-caps-imex-channels/channelx 1:3 0666\n"
    "t dev/nvidia-caps-imex-channels/channel4 \"no node\"\n"
    "c dev/nvidia-fs0 500:0 0666\nc dev/nvidia-fs1 500:1 0666\nc dev/nvidia0 195:0 0666\n"
    "c dev/gdrdrv 499:0 0666\nc dev/gdrdrv2 499:1 0666\n"
    "c dev/infiniband/uverbs0 231:192 0666\nc dev/infiniband/rdma_cm 10:58 0666\n"
    "c dev/infiniband/umad0 231:0 0600\n";

TEST(ScanImexChannels, FindsNodesAndWhatTheOthersWouldBe) {
  const DriverRootTree tree(kNode);
  const FakeDeviceNumbers numbers;
  const ImexChannels channels = scan_imex_channels({tree.roots(), numbers});
  ASSERT_EQ(channels.nodes.size(), 2U);
  EXPECT_EQ(find_imex_channel(channels, 3),
            (DeviceNodeFacts{.number = {509, 3}, .mode = 0660, .gid = 44}));
  EXPECT_EQ(find_imex_channel(channels, 7),
            (DeviceNodeFacts{.number = {509, 7}, .mode = 0666, .on_host = false}));
  EXPECT_TRUE(find_imex_channel(channels, 70)) << "a node counts, whatever the driver says";
  EXPECT_FALSE(find_imex_channel(channels, 8)) << "beyond what the driver has";
}

TEST(ScanImexChannels, FindsNoneWithoutTheirDriver) {
  const DriverRootTree tree("t proc/driver/nvidia/params \"ImexChannelCount: 8\\n\"\n");
  const FakeDeviceNumbers numbers;
  const ImexChannels channels = scan_imex_channels({tree.roots(), numbers});
  EXPECT_FALSE(find_imex_channel(channels, 0));
}

TEST(ScanGatedNodes, FindsWhatFitsThePatterns) {
  const DriverRootTree tree(kNode);
  const FakeDeviceNumbers numbers;
  const auto found = scan_gated_nodes({tree.roots(), numbers}, {{"GDS", "nvidia-fs*"},
                                                                {"MOFED", "infiniband/uverbs*"},
                                                                {"MOFED", "infiniband/rdma_cm"},
                                                                {"GDRCOPY", "gdrdrv"},
                                                                {"NONE", "nowhere/at*"}});
  EXPECT_THAT(found, ElementsAre(Field(&GatedNode::name, "nvidia-fs0"),
                                 Field(&GatedNode::name, "nvidia-fs1"),
                                 Field(&GatedNode::name, "infiniband/uverbs0"),
                                 Field(&GatedNode::name, "infiniband/rdma_cm"),
                                 Field(&GatedNode::name, "gdrdrv")));
  EXPECT_EQ(found[2].gate, "MOFED");
  EXPECT_EQ(found[2].node.number, (DeviceNumber{231, 192}));
}

}  // namespace
}  // namespace nvinject
