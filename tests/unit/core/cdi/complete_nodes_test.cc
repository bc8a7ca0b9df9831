// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/complete_nodes.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;
using ::nvinject::testing::TempTree;

CdiDeviceNode node_at(std::string path, std::string type = {}) {
  return {.path = "/dev/x", .host_path = std::move(path), .type = std::move(type)};
}

Result<CdiDeviceNode> completed(CdiDeviceNode node) {
  std::vector<CdiDeviceNode> nodes = {std::move(node)};
  NVINJECT_RETURN_IF_ERROR(complete_nodes(nodes));
  return nodes.front();
}

TEST(CompleteNodes, AsksTheMachine) {
  const auto node = completed(node_at("/dev/null"));
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->type, "c");
  EXPECT_EQ(node->major, 1U);
  EXPECT_EQ(node->minor, 3U);
  EXPECT_EQ(node->file_mode, 0666U);
}

TEST(CompleteNodes, BelievesAFileThatSaysAll) {
  auto node = node_at("/absent", "c");
  node.major = 195;
  node.minor = 0;
  const auto same = completed(node);
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(*same, node);
}

TEST(CompleteNodes, KeepsWhatTheFileSays) {
  auto node = node_at("/dev/null", "u");
  node.file_mode = 0600;
  const auto kept = completed(node);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->file_mode, 0600U);
  EXPECT_EQ(kept->type, "c");
}

TEST(CompleteNodes, RefusesWhatIsNoSuchDevice) {
  const TempTree tree;
  tree.file("file", "");
  tree.link("link", "/dev/null");
  tree.fifo("fifo");
  EXPECT_THAT(completed(node_at("/dev/null", "b")),
              FailsWith(ErrorCode::kUnavailable, "/dev/null"));
  EXPECT_THAT(completed(node_at(tree.path("file"))), FailsWith(ErrorCode::kUnavailable, "file"));
  EXPECT_THAT(completed(node_at(tree.path("link"))), FailsWith(ErrorCode::kUnavailable, "link"));
  EXPECT_THAT(completed(node_at(tree.path("absent"))), FailsWith(ErrorCode::kNotFound, "absent"));
  EXPECT_EQ(completed(node_at(tree.path("fifo")))->type, "p");
}

}  // namespace
}  // namespace nvinject
