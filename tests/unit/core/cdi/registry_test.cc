// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/registry.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::nvinject::testing::Decides;
using ::nvinject::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kSpec = R"({"cdiVersion": "0.5.0", "kind": "a.b/c",
  "devices": [{"name": "x", "containerEdits": {"env": ["A=b"]}}]})";

TEST(ReadCdiFiles, ReadsEveryDirectoryInItsOrder) {
  const TempTree tree;
  tree.file("one/b.json", kSpec);
  tree.file("one/a.yaml", kSpec);
  tree.file("one/note.txt", "not looked at");
  tree.file("two/c.yml", kSpec);
  const CdiRegistry registry =
      read_cdi_files({tree.path("one"), tree.path("absent"), tree.path("two")});
  EXPECT_THAT(registry.problems, IsEmpty());
  ASSERT_THAT(registry.files, SizeIs(3));
  EXPECT_EQ(registry.files[0].path, tree.host("one/a.yaml"));
  EXPECT_EQ(registry.files[2].path, tree.host("two/c.yml"));
  EXPECT_EQ(registry.files[2].directory, 2U);
}

TEST(ReadCdiFiles, LeavesOutWhatItCannotTrustOrRead) {
  const TempTree tree;
  tree.file("d/1.json", kSpec);
  tree.file("d/2.json", "{");
  tree.fifo("d/3.json");
  tree.file("d/4.json", kSpec);
  ASSERT_EQ(::chmod(tree.path("d/4.json").c_str(), 0666), 0);
  tree.link("d/5.json", "absent");
  const CdiRegistry registry = read_cdi_files({tree.path("d")});
  EXPECT_THAT(registry.files, SizeIs(1));
  EXPECT_THAT(registry.problems,
              ElementsAre(Decides(tree.path("d/2.json"), "left out", "malformed"),
                          Decides(tree.path("d/3.json"), "left out", ""),
                          Decides(tree.path("d/4.json"), "left out", "writable by others"),
                          Decides(tree.path("d/5.json"), "left out", "No such file")));
}

TEST(ReadCdiFiles, GivesUpOnADirectoryOfTooMany) {
  const TempTree tree;
  for (std::size_t i = 0; i <= kMaxCdiFiles; ++i) {
    tree.file("d/" + std::to_string(i) + ".json", kSpec);
  }
  const CdiRegistry registry = read_cdi_files({tree.path("d")});
  EXPECT_THAT(registry.files, IsEmpty());
  EXPECT_THAT(registry.problems, ElementsAre(Decides(tree.path("d"), "left out", "256 files")));
}

}  // namespace
}  // namespace nvinject
