// SPDX-License-Identifier: Apache-2.0
#include "core/os/namespaces.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>

#include "core/os/file.h"
#include "core/os/in_root.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::ContainerProcess;
using testing::TempTree;

class Namespaces : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
  }
};

ino_t inode_of(const char* path) {
  struct stat facts{};
  EXPECT_EQ(::stat(path, &facts), 0) << path;
  return facts.st_ino;
}

TEST_F(Namespaces, InsideIsAnotherTreeAndAfterwardsAllIsAsItWas) {
  const TempTree tree;
  tree.directory("place");
  tree.directory("work");
  const ContainerProcess container([&] {
    testing::mount_tmpfs(tree.path("place"));
    tree.file("place/inside", "");
  });
  const HostPath link("/proc/" + std::to_string(container.pid()) + "/ns/mnt");
  const auto other = open_file(link, O_RDONLY);
  ASSERT_TRUE(other);
  ASSERT_EQ(::chdir(tree.path("work").c_str()), 0);
  const ino_t own = inode_of("/proc/self/ns/mnt");
  const ino_t root = inode_of("/");
  const std::string inside_path = tree.path("place/inside");
  {
    const auto home = HomeNamespace::open();
    ASSERT_TRUE(home);
    const auto inside = InMountNamespace::enter(other->get(), *home);
    ASSERT_TRUE(inside) << inside.error().message;
    EXPECT_NE(inode_of("/proc/self/ns/mnt"), own);
    EXPECT_EQ(::access(inside_path.c_str(), F_OK), 0);
  }
  EXPECT_EQ(inode_of("/proc/self/ns/mnt"), own);
  EXPECT_EQ(inode_of("/"), root);
  EXPECT_EQ(std::filesystem::current_path(), tree.path("work"));
  EXPECT_NE(::access(inside_path.c_str(), F_OK), 0);
  ASSERT_EQ(::chdir("/"), 0);
}

TEST_F(Namespaces, WhatIsNoMountNamespaceIsNotEntered) {
  const auto wrong = open_file(HostPath("/proc/self/ns/uts"), O_RDONLY);
  ASSERT_TRUE(wrong);
  const ino_t own = inode_of("/proc/self/ns/mnt");
  const auto home = HomeNamespace::open();
  ASSERT_TRUE(home);
  const auto inside = InMountNamespace::enter(wrong->get(), *home);
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().os_errno, EINVAL);
  EXPECT_EQ(inode_of("/proc/self/ns/mnt"), own);
}

TEST_F(Namespaces, NewFilesBelongToTheFileSystemIdentity) {
  const TempTree tree;
  // As "/usr/bin" is in some distributions: not even its owner may write it.
  ASSERT_EQ(::chown(tree.path().c_str(), 4321, 8765), 0);
  ASSERT_EQ(::chmod(tree.path().c_str(), 0555), 0);
  const auto directory = open_directory(tree.host());
  ASSERT_TRUE(directory);
  {
    const FileSystemIdentity other(4321, 8765);
    EXPECT_TRUE(make_file_at(directory->get(), "theirs", 0644));
  }
  EXPECT_TRUE(make_file_at(directory->get(), "ours", 0644));
  struct stat facts{};
  ASSERT_EQ(::stat(tree.path("theirs").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, 4321U);
  EXPECT_EQ(facts.st_gid, 8765U);
  ASSERT_EQ(::stat(tree.path("ours").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, 0U);
}

}  // namespace
}  // namespace nvinject
