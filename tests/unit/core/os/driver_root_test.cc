// SPDX-License-Identifier: Apache-2.0
#include "core/os/driver_root.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

TEST(DriverRoot, LinksOfADriverContainerMeanItsOwnRoot) {
  const TempTree tree;
  tree.file("driver/usr/lib/libcuda.so.1", "");
  tree.link("driver/lib64", "/usr/lib");
  tree.link("driver/etc/alternatives/cuda", "/lib64/libcuda.so.1");
  tree.link("driver/escape", "../../../../etc/passwd");
  const auto root = DriverRoot::open(tree.host("driver"));
  ASSERT_TRUE(root);
  const auto found = root->locate(DriverPath("/etc/alternatives/cuda"), O_PATH);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->path, DriverPath("/usr/lib/libcuda.so.1"));
  EXPECT_EQ(found->host, tree.host("driver/usr/lib/libcuda.so.1"));
  EXPECT_EQ(root->locate(DriverPath("/escape"), O_PATH).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(root->to_host(DriverPath("/lib64")), tree.host("driver/lib64"));
}

TEST(DriverRoot, TheHostsRootIsTheUsualOne) {
  const auto root = DriverRoot::open(HostPath("/"));
  ASSERT_TRUE(root);
  const TempTree tree;
  tree.file("real", "");
  tree.link("link", "real");
  const auto found = root->locate(DriverPath(tree.path("link")), O_PATH);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->host, tree.host("real"));
  EXPECT_EQ(found->path, DriverPath(tree.path("real")));
}

}  // namespace
}  // namespace nvinject
