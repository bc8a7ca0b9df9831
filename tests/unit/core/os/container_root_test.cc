// SPDX-License-Identifier: Apache-2.0
#include "core/os/container_root.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

std::string resolve(const ContainerRoot& root, const char* path) {
  const auto resolved = root.resolve_in_root(ContainerPath(path));
  return resolved ? resolved->string() : resolved.error().message;
}

TEST(ContainerRoot, ResolvesAsTheContainerWould) {
  const TempTree tree;
  tree.directory("root/usr/lib64");
  tree.link("root/lib64", "/usr/lib64");
  tree.link("root/deep", "../../../usr/../lib64");
  // The root itself may be behind a link.
  tree.link("bundle", "root");
  const auto root = ContainerRoot::open(tree.host("bundle"));
  ASSERT_TRUE(root);
  EXPECT_EQ(resolve(*root, "/"), "/");
  EXPECT_EQ(resolve(*root, "/.."), "/");
  EXPECT_EQ(resolve(*root, "/lib64"), "/usr/lib64");
  EXPECT_EQ(resolve(*root, "/deep"), "/usr/lib64");
  EXPECT_EQ(root->resolve_in_root(ContainerPath("/none")).error().code, ErrorCode::kNotFound);
}

TEST(ContainerRoot, SaysWhereWhatItOpenedIsNow) {
  const TempTree tree;
  tree.directory("root/usr/lib64");
  tree.directory("outside");
  const auto root = ContainerRoot::open(tree.host("root"));
  ASSERT_TRUE(root);
  const ContainerPath path("/usr/lib64");
  const auto fd = root->open_in_root(path, O_PATH);
  ASSERT_TRUE(fd);
  EXPECT_EQ(root->path_of_opened(fd->get(), path), path);
  std::filesystem::rename(tree.path("root/usr/lib64"), tree.path("root/usr/lib"));
  EXPECT_EQ(root->path_of_opened(fd->get(), path), ContainerPath("/usr/lib"));
  std::filesystem::rename(tree.path("root/usr/lib"), tree.path("outside/lib"));
  EXPECT_EQ(root->path_of_opened(fd->get(), path).error().code, ErrorCode::kInvalidRequest);
}

TEST(ContainerRoot, TheHostsOwnRootIsOneToo) {
  const auto root = ContainerRoot::open(HostPath("/"));
  ASSERT_TRUE(root);
  EXPECT_EQ(resolve(*root, "/proc"), "/proc");
}

TEST(ContainerRoot, MustBeADirectory) {
  const TempTree tree;
  tree.file("file", "");
  EXPECT_FALSE(ContainerRoot::open(tree.host("file")));
  EXPECT_EQ(ContainerRoot::open(tree.host("none")).error().code, ErrorCode::kNotFound);
}

TEST(ContainerRoot, ReadsWhatIsInsideAndNoMoreThanAsked) {
  const TempTree tree;
  tree.file("root/etc/hosts", "12345");
  tree.link("root/link", "/etc/hosts");
  tree.fifo("root/fifo");
  const auto root = ContainerRoot::open(tree.host("root"));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->read_in_root(ContainerPath("/link"), 5), "12345");
  EXPECT_EQ(root->read_in_root(ContainerPath("/link"), 4).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(root->read_in_root(ContainerPath("/fifo"), 5).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(root->read_in_root(ContainerPath("/none"), 5).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace nvinject
