// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/node_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "tests/unit/core/prepare/prepare_fixture.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodeFilesTest : public testing::PrepareNodesTest {};

TEST_F(NodeFilesTest, MakesTheNodesOfEveryGpuAndOfEveryModule) {
  const mode_t before = ::umask(0777);
  const PrepareReport report = prepare();
  ::umask(before);
  EXPECT_EQ(node("nvidiactl"), facts(195, 255));
  EXPECT_EQ(node("nvidia-modeset"), facts(195, 254));
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(node("nvidia3"), facts(195, 3));
  EXPECT_FALSE(node("nvidia1"));
  EXPECT_EQ(node("nvidia-uvm"), facts(508, 0));
  EXPECT_EQ(node("nvidia-uvm-tools"), facts(508, 1));
  EXPECT_EQ(link("195:255"), "../nvidiactl");
  EXPECT_EQ(link("195:3"), "../nvidia3");
  EXPECT_EQ(link("508:1"), "../nvidia-uvm-tools");
  EXPECT_EQ(report.done.size(), 12U);
  EXPECT_EQ(tree_.entries("dev"), 7U);  // six nodes and char
  EXPECT_EQ(prepare(), PrepareReport{});
}

TEST_F(NodeFilesTest, ReplacesWhatHasTheWrongNumberAndKeepsTheRest) {
  ASSERT_TRUE(tree_.character_device("dev/nvidia0", makedev(195, 7)));
  ASSERT_TRUE(tree_.character_device("dev/nvidia3", makedev(195, 3)));
  ASSERT_EQ(::chmod(tree_.path("dev/nvidia3").c_str(), 0600), 0);  // a udev rule's
  tree_.link("dev/char/195:255", "../nvidia0");
  static_cast<void>(prepare());
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(node("nvidia3")->mode, 0600U);
  EXPECT_EQ(link("195:255"), "../nvidiactl");
}

TEST_F(NodeFilesTest, KeepsALinkOfAnotherSpellingThatLeadsToTheSameDevice) {
  ASSERT_TRUE(tree_.character_device("dev/nvidiactl", makedev(195, 255)));
  tree_.link("dev/char/195:255", tree_.path("dev/nvidiactl"));
  static_cast<void>(prepare());
  EXPECT_EQ(link("195:255"), tree_.path("dev/nvidiactl"));
}

TEST_F(NodeFilesTest, ReplacesALinkThatHasANodesNameAndNotWhatItLeadsTo) {
  tree_.file("precious", "bytes");
  tree_.link("dev/nvidia0", tree_.path("precious"));
  static_cast<void>(prepare());
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(tree_.read("precious"), "bytes");
}

TEST_F(NodeFilesTest, ANodeThatCannotBeMadeDoesNotHideTheOthers) {
  tree_.directory("dev/nvidia0");
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().os_errno, EISDIR);
  EXPECT_THAT(report.error().message, HasSubstr("'nvidia0'"));
  EXPECT_EQ(node("nvidia3"), facts(195, 3));
  EXPECT_EQ(link("195:3"), "../nvidia3");
}

TEST_F(NodeFilesTest, LeavesNodesAloneThatAreSomebodyElses) {
  tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 0\n");
  ASSERT_TRUE(tree_.character_device("dev/nvidia3", makedev(195, 3)));
  static_cast<void>(prepare());
  EXPECT_FALSE(node("nvidia0"));
  EXPECT_EQ(link("195:3"), "../nvidia3");
}

TEST_F(NodeFilesTest, MakesTheNodesOfTheMigLayout) {
  tree_.file("proc/devices", "Character devices:\n195 nvidia\n510 nvidia-caps\n");
  const std::string directory = "proc/driver/nvidia/capabilities/";
  tree_.file(directory + "mig/config", "DeviceFileMinor: 1\nDeviceFileMode: 256\n");
  tree_.file(directory + "gpu3/mig/gi7/access", "DeviceFileMinor: 66\nDeviceFileMode: 292\n");
  tree_.file(directory + "gpu3/mig/gi7/ci0/access", "DeviceFileMinor: 67\nDeviceFileMode: 292\n");
  static_cast<void>(prepare());
  EXPECT_EQ(node("nvidia-caps/nvidia-cap1")->mode, 0400U);
  EXPECT_EQ(node("nvidia-caps/nvidia-cap67")->number, (DeviceNumber{510, 67}));
  EXPECT_EQ(node("nvidia-caps/nvidia-cap67")->mode, 0444U);
  EXPECT_EQ(link("510:66"), "../nvidia-caps/nvidia-cap66");
  EXPECT_THAT(prepare().done, IsEmpty());
}

TEST_F(NodeFilesTest, LinksCapabilityNodesAndNoOtherDrivers) {
  ASSERT_TRUE(tree_.character_device("dev/nvidia-caps/nvidia-cap12", makedev(511, 12)));
  ASSERT_TRUE(tree_.character_device("dev/nvidia-nvswitch0", makedev(510, 0)));
  static_cast<void>(prepare());
  EXPECT_EQ(link("511:12"), "../nvidia-caps/nvidia-cap12");
  EXPECT_EQ(link("510:0"), "");
}

}  // namespace
}  // namespace nvinject
