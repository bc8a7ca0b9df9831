// SPDX-License-Identifier: Apache-2.0
#include "core/cli/file_edit.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;

FileEdit edit_to(const HostPath& path, const FileText& after, Backup backup = Backup::kBeside) {
  return {.path = path,
          .max_bytes = 100,
          .edit = [after, backup](const FileText& /*before*/) -> Result<EditedFile> {
            return EditedFile{.after = after, .backup = backup, .note = after.value_or("")};
          }};
}

TEST(PlanChanges, LeavesOutWhatStaysTheSame) {
  const TempTree tree;
  tree.file("a", "same");
  const auto changes =
      plan_changes({edit_to(tree.host("a"), "same"), edit_to(tree.host("absent"), std::nullopt),
                    edit_to(tree.host("new/b"), "text")});
  ASSERT_THAT(changes, Succeeds());
  ASSERT_EQ(changes->changes.size(), 1U);
  EXPECT_EQ(changes->changes.front().file.path(), tree.host("new/b"));
  EXPECT_THAT(changes->notes, ::testing::ElementsAre("same", "text")) << "of all that have one";
  EXPECT_EQ(tree.entries(""), 1U) << "nothing is written";
}

TEST(PlanChanges, FailsAsAWhole) {
  const TempTree tree;
  FileEdit impossible = edit_to(tree.host("other/b"), "x");
  impossible.edit = [](const FileText& /*before*/) -> Result<EditedFile> {
    return fail(ErrorCode::kInvalidRequest, "edit 'b': no");
  };
  EXPECT_THAT(plan_changes({edit_to(tree.host("a"), "x"), impossible}),
              FailsWith(ErrorCode::kInvalidRequest, "'b'"));
  EXPECT_EQ(tree.entries(""), 0U);
}

TEST(FileChanges, AreShownAsADiff) {
  const TempTree tree;
  tree.file("a", "old\n");
  const auto planned =
      plan_changes({edit_to(tree.host("a"), "new\n"), edit_to(tree.host("new/b"), "text\n")});
  ASSERT_THAT(planned, Succeeds());
  const auto& changes = planned->changes;
  const std::string a = tree.path("a");
  EXPECT_EQ(show(changes[0]), "--- " + a + "\n+++ " + a + "\n@@ -1,1 +1,1 @@\n-old\n+new\n");
  EXPECT_EQ(show(changes[1]),
            "--- /dev/null\n+++ " + tree.path("new/b") + "\n@@ -0,0 +1,1 @@\n+text\n");
  EXPECT_EQ(tree.read("a"), "old\n");
}

TEST(FileChanges, AreCarriedOutAndSaid) {
  const TempTree tree;
  tree.file("one/a", "old");
  tree.file("two/b", "old");
  tree.file("three/c", "old");
  auto planned = plan_changes(
      {edit_to(tree.host("one/a"), "new"), edit_to(tree.host("two/b"), "new", Backup::kNone),
       edit_to(tree.host("three/c"), std::nullopt), edit_to(tree.host("four/d"), "new")});
  ASSERT_THAT(planned, Succeeds());
  auto& changes = planned->changes;
  ASSERT_EQ(changes.size(), 4U);
  const std::string a = tree.path("one/a");
  EXPECT_EQ(carry_out(changes[0]), "changed " + a + " (as it was: " + a + ".nvinject-backup)");
  EXPECT_EQ(carry_out(changes[1]), "changed " + tree.path("two/b"));
  const std::string c = tree.path("three/c");
  EXPECT_EQ(carry_out(changes[2]), "removed " + c + " (as it was: " + c + ".nvinject-backup)");
  EXPECT_EQ(carry_out(changes[3]), "wrote " + tree.path("four/d"));
  EXPECT_EQ(tree.read("one/a"), "new");
  EXPECT_EQ(tree.read("one/a.nvinject-backup"), "old");
  EXPECT_EQ(tree.entries("two"), 1U);
  EXPECT_EQ(tree.entries("three"), 1U);
  EXPECT_EQ(tree.read("four/d"), "new");
}

}  // namespace
}  // namespace nvinject::cli
