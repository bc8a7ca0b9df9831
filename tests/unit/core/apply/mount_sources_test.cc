// SPDX-License-Identifier: Apache-2.0
#include "core/apply/mount_sources.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "core/os/file.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using testing::TempTree;

class MountSources : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    tree.file("lib", "code");
  }
  PlannedMount mount(std::string_view source, Need need = Need::kRequired) const {
    return {.source = tree.host(source),
            .destination = ContainerPath("/usr/lib/lib"),
            .options = {"ro", "nosuid", "nodev", "bind"},
            .need = need};
  }
  TempTree tree;
  Decisions decisions;
};

TEST_F(MountSources, AreOpenedWithTheirKind) {
  tree.directory("directory");
  const auto sources = open_mount_sources({mount("lib"), mount("directory")}, decisions);
  ASSERT_TRUE(sources) << sources.error().message;
  ASSERT_EQ(sources->size(), 2U);
  EXPECT_EQ(sources->front().kind, SourceKind::kFile);
  EXPECT_EQ(sources->front().destination.string(), "/usr/lib/lib");
  EXPECT_EQ(sources->back().kind, SourceKind::kDirectory);
}

TEST_F(MountSources, WhatHasChangedSinceItWasFoundIsRefused) {
  tree.link("link", "lib");
  tree.fifo("fifo");
  tree.file("of a user", "");
  ASSERT_EQ(::chown(tree.path("of a user").c_str(), 1234, 0), 0);
  tree.file("for all", "");
  ASSERT_EQ(::chmod(tree.path("for all").c_str(), 0666), 0);
  tree.file("of a group", "");
  ASSERT_EQ(::chown(tree.path("of a group").c_str(), 0, 5), 0);
  ASSERT_EQ(::chmod(tree.path("of a group").c_str(), 0664), 0);
  ASSERT_TRUE(tree.character_device("device", makedev(1, 3)));
  for (const char* name : {"link", "fifo", "of a user", "for all", "of a group", "device"}) {
    const auto sources = open_mount_sources({mount("lib"), mount(name)}, decisions);
    ASSERT_FALSE(sources) << name;
    EXPECT_EQ(sources.error().code, ErrorCode::kUnavailable) << name;
    EXPECT_THAT(sources.error().message, HasSubstr(name));
  }
}

// A file that somebody has put in its place since, as trustworthy as it may look.
TEST_F(MountSources, AnotherFileOfTheSameNameIsRefused) {
  const auto fd = open_file(tree.host("lib"), O_PATH);
  ASSERT_TRUE(fd);
  const auto facts = file_facts(fd->get(), "lib");
  ASSERT_TRUE(facts);
  PlannedMount planned = mount("lib");
  planned.identity = FileIdentity{.device = facts->device, .inode = facts->inode};
  EXPECT_TRUE(open_mount_sources({planned}, decisions));
  tree.file("other", "code");
  std::filesystem::rename(tree.path("other"), tree.path("lib"));
  const auto sources = open_mount_sources({planned}, decisions);
  ASSERT_FALSE(sources);
  EXPECT_EQ(sources.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(sources.error().message, HasSubstr("not the file any more"));
  planned.need = Need::kWherePossible;
  EXPECT_TRUE(open_mount_sources({planned}, decisions));
  EXPECT_THAT(decisions, ::testing::Contains(::testing::Field(&Decision::choice, "skipped")));
}

TEST_F(MountSources, GroupRootMayWriteAsInTheInventory) {
  ASSERT_EQ(::chmod(tree.path("lib").c_str(), 0664), 0);
  EXPECT_TRUE(open_mount_sources({mount("lib")}, decisions));
}

TEST_F(MountSources, OneThatIsOnlyWherePossibleBecomesADecision) {
  const auto sources =
      open_mount_sources({mount("missing", Need::kWherePossible), mount("lib")}, decisions);
  ASSERT_TRUE(sources);
  EXPECT_EQ(sources->size(), 1U);
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions[0].choice, "skipped");
  EXPECT_THAT(decisions[0].reason, HasSubstr("missing"));
}

TEST_F(MountSources, ANodeMustHaveThePlannedNumber) {
  ASSERT_TRUE(tree.character_device("node", makedev(1, 3)));
  PlannedDevice planned{.path = ContainerPath(tree.path("node")), .node = {.number = {1, 3}}};
  const auto sources = open_device_sources({planned});
  ASSERT_TRUE(sources) << sources.error().message;
  EXPECT_EQ(sources->front().kind, SourceKind::kDevice);
  planned.node.number = {1, 5};
  const auto wrong = open_device_sources({planned});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("1:5"));
  planned.path = ContainerPath(tree.path("lib"));
  EXPECT_FALSE(open_device_sources({planned})) << "a file with the name of a node";
}

TEST_F(MountSources, ANodeThatTheHostDoesNotHaveIsMade) {
  const auto sources = open_device_sources({{.path = ContainerPath("/dev/nvidia-nowhere"),
                                             .node = {.number = {1, 3}, .on_host = false}}});
  ASSERT_TRUE(sources) << sources.error().message;
  EXPECT_EQ(sources->front().facts.number, makedev(1, 3));
  EXPECT_NE(::access("/dev/nvidia-nowhere", F_OK), 0) << "not in the host's /dev";
}

}  // namespace
}  // namespace nvinject
