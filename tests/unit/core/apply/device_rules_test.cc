// SPDX-License-Identifier: Apache-2.0
#include "core/apply/device_rules.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/os/file.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempTree;

PlannedDevice device(std::uint32_t major, std::uint32_t minor) {
  return {.path = ContainerPath("/dev/some"), .node = {.number = {major, minor}}};
}

class RulesInText : public ::testing::Test {
 protected:
  void cgroup_with(const std::string& list) const {
    tree.file("devices.list", list);
    tree.file("devices.allow", "");
    tree.file("devices.deny", "");
  }
  TempTree tree;
};

TEST_F(RulesInText, ADeviceThatIsForbiddenGetsALine) {
  cgroup_with("c 1:3 rwm\nc 195:1 rwm\nb 195:0 rwm\nc 195:0 r\n");
  ASSERT_TRUE(allow_devices({.v1 = tree.host(), .v2 = {}}, {device(195, 0)}));
  EXPECT_THAT(tree.read("devices.allow"), "c 195:0 rw");
  EXPECT_EQ(tree.read("devices.deny"), "");
}

TEST_F(RulesInText, WhatIsAllowedAlreadyGetsNone) {
  for (const char* list : {"a *:* rwm\n", "c 195:0 rw\n", "c 195:* rwm\n", "c *:* rwm\n"}) {
    cgroup_with(list);
    ASSERT_TRUE(allow_devices({.v1 = tree.host(), .v2 = {}}, {device(195, 0)}));
    EXPECT_EQ(tree.read("devices.allow"), "") << list;
  }
}

TEST_F(RulesInText, NoDevicesNeedNoCgroup) {
  const auto done = allow_devices({.v1 = HostPath("/does/not/exist"), .v2 = {}}, {});
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->empty());
}

TEST_F(RulesInText, NoCgroupIsSaid) {
  const auto done = allow_devices({}, {device(195, 0)});
  ASSERT_TRUE(done);
  ASSERT_EQ(done->size(), 1U);
  EXPECT_EQ(done->front().choice, "not set");
}

TEST_F(RulesInText, ACgroupThatIsGoneIsAnError) {
  EXPECT_FALSE(allow_devices({.v1 = tree.host("gone"), .v2 = {}}, {device(195, 0)}));
  EXPECT_FALSE(allow_devices({.v1 = {}, .v2 = tree.host("gone")}, {device(195, 0)}));
}

// A parent that allows 1:3 only, and in it a child that allows nothing.
class RulesOfTheController : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    if (::mount("none", tree_.path().c_str(), "cgroup", 0, "devices") != 0) {
      GTEST_SKIP() << "no devices controller of cgroup v1 to mount";
    }
    mounted_ = true;
    parent_ = tree_.path("nvinject-unit-" + std::to_string(::getpid()));
    child_ = parent_ + "/child";
    ASSERT_EQ(::mkdir(parent_.c_str(), 0755), 0);
    write(parent_ + "/devices.deny", "a");
    write(parent_ + "/devices.allow", "c 1:3 rwm");
    write(parent_ + "/devices.allow", "c 1:7 rwm");
    // Only now: "a" is refused to a cgroup that has children.
    ASSERT_EQ(::mkdir(child_.c_str(), 0755), 0);
    write(child_ + "/devices.deny", "a");
  }
  void TearDown() override {
    if (!child_.empty()) ::rmdir(child_.c_str());
    if (!parent_.empty()) ::rmdir(parent_.c_str());
    if (mounted_) ::umount2(tree_.path().c_str(), MNT_DETACH);
  }
  static void write(const std::string& path, const std::string& rule) {
    ASSERT_TRUE(write_control_file(HostPath(path), rule)) << path;
  }
  std::string list() {
    std::ifstream in(child_ + "/devices.list");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  TempTree tree_;
  bool mounted_ = false;
  std::string parent_;
  std::string child_;
};

TEST_F(RulesOfTheController, AreAdded) {
  ASSERT_TRUE(allow_devices({.v1 = HostPath(child_), .v2 = {}}, {device(1, 3)}));
  EXPECT_THAT(list(), HasSubstr("c 1:3 rw"));
}

TEST_F(RulesOfTheController, OneThatIsRefusedTakesTheOthersBack) {
  write(child_ + "/devices.allow", "c 1:7 rw");
  const auto done =
      allow_devices({.v1 = HostPath(child_), .v2 = {}}, {device(1, 7), device(1, 3), device(1, 5)});
  ASSERT_FALSE(done) << "the parent does not allow 1:5";
  EXPECT_THAT(done.error().message, HasSubstr("allow devices in cgroup v1"));
  EXPECT_THAT(list(), Not(HasSubstr("1:3")));
  EXPECT_THAT(list(), HasSubstr("c 1:7 rw")) << "this one had been there before";
}

}  // namespace
}  // namespace nvinject
