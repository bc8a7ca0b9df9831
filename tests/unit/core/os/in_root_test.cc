// SPDX-License-Identifier: Apache-2.0
#include "core/os/in_root.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "core/os/file.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

class InRoot : public ::testing::Test {
 protected:
  InRoot() {
    tree_.file("outside", "outside");
    tree_.file("root/etc/passwd", "inside");
    tree_.link("root/absolute", "/etc/passwd");
    tree_.link("root/climbing", "../../../../../etc/passwd");
    tree_.link("root/out", "../outside");
    tree_.link("root/etc-link", "etc");
    tree_.link("root/loop", "loop");
    tree_.link("root/self", "/proc/self/root/etc/passwd");
    tree_.fifo("root/fifo");
    root_ = *open_directory(tree_.host("root"));
  }

  // What is read through `path`, or the errno.
  std::string read(std::string_view path, Links links = Links::kFollowInside) {
    const auto fd = open_regular_in_root(root_.get(), path, links);
    if (!fd) return std::to_string(fd.error().os_errno);
    return read_fd(fd->get(), path, 1000).value_or("?");
  }

  TempTree tree_;
  UniqueFd root_;
};

TEST_F(InRoot, LinksAndDotsStayInside) {
  EXPECT_EQ(read("/etc/passwd"), "inside");
  EXPECT_EQ(read("etc/passwd"), "inside");
  EXPECT_EQ(read("/../../etc/passwd"), "inside");
  EXPECT_EQ(read("/absolute"), "inside");
  EXPECT_EQ(read("/climbing"), "inside");
  EXPECT_EQ(read("/etc-link/passwd"), "inside");
  EXPECT_EQ(read("/out"), std::to_string(ENOENT));
  EXPECT_EQ(read("/self"), std::to_string(ENOENT));
  EXPECT_EQ(read("/loop"), std::to_string(ELOOP));
}

TEST_F(InRoot, LinksCanBeRefused) {
  EXPECT_EQ(read("/etc/passwd", Links::kRefuse), "inside");
  for (const char* path : {"/absolute", "/climbing", "/etc-link/passwd", "/out", "/loop"}) {
    EXPECT_EQ(read(path, Links::kRefuse), std::to_string(ELOOP)) << path;
  }
}

TEST_F(InRoot, OnlyRegularFilesAreOpenedForReading) {
  for (const char* path : {"/fifo", "/etc"}) {
    const auto fd = open_regular_in_root(root_.get(), path);
    ASSERT_FALSE(fd) << path;
    EXPECT_EQ(fd.error().code, ErrorCode::kInvalidRequest) << path;
  }
}

TEST_F(InRoot, AMagicLinkOfProcIsNotFollowed) {
  const UniqueFd slash = *open_directory(HostPath("/"));
  const auto fd = open_in_root(slash.get(), "/proc/self/root/etc", O_PATH);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().os_errno, ELOOP);
}

TEST_F(InRoot, WhatIsMountedBelowCanBeRefused) {
  const UniqueFd slash = *open_directory(HostPath("/"));
  EXPECT_TRUE(open_in_root(slash.get(), "/proc/version", O_PATH));
  const auto fd =
      open_in_root(slash.get(), "/proc/version", O_PATH, Links::kRefuse, Mounts::kRefuse);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().os_errno, EXDEV);
}

TEST_F(InRoot, DescriptorsAreNotInherited) {
  const auto fd = open_regular_in_root(root_.get(), "/etc/passwd");
  ASSERT_TRUE(fd);
  EXPECT_EQ(::fcntl(fd->get(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace nvinject
