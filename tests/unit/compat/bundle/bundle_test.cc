// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/bundle.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;

struct stat stat_of(const std::string& path) {
  struct stat facts{};
  EXPECT_EQ(::lstat(path.c_str(), &facts), 0) << path;
  return facts;
}

TEST(Bundle, IsReadAsText) {
  const TempTree tree;
  tree.file("b/config.json", "{ \"any\": 1 } ");
  const auto bundle = Bundle::open(tree.path("b"), "");
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_EQ(bundle->config_text(), "{ \"any\": 1 } ");
  EXPECT_EQ(bundle->config_path(), tree.host("b/config.json"));
}

TEST(Bundle, IsTheCurrentDirectoryWhenNoneIsNamed) {
  const TempTree tree;
  tree.file("config.json", "{}");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(tree.path());
  const auto bundle = Bundle::open("", "");
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_THAT(bundle->replace_config("{\"a\":1}"), Succeeds());
  std::filesystem::current_path(before);
  EXPECT_EQ(tree.read("config.json"), "{\"a\":1}");
}

TEST(Bundle, MayHaveItsConfigElsewhere) {
  const TempTree tree;
  tree.file("b/config.json", "wrong");
  tree.file("c/other.json", "{}");
  const auto bundle = Bundle::open(tree.path("b"), tree.path("c/other.json"));
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_EQ(bundle->config_text(), "{}");
  ASSERT_THAT(bundle->replace_config("[]"), Succeeds());
  EXPECT_EQ(tree.read("c/other.json"), "[]");
  EXPECT_EQ(tree.read("b/config.json"), "wrong");
}

TEST(Bundle, ThatIsMissingOrOddIsAnError) {
  const TempTree tree;
  EXPECT_THAT(Bundle::open(tree.path("absent"), ""), FailsWith(ErrorCode::kNotFound, "absent"));
  tree.fifo("fifo/config.json");
  EXPECT_THAT(Bundle::open(tree.path("fifo"), ""),
              FailsWith(ErrorCode::kInvalidRequest, "not a regular file"))
      << "and does not wait for a writer";
  tree.directory("directory/config.json");
  EXPECT_THAT(Bundle::open(tree.path("directory"), ""),
              FailsWith(ErrorCode::kInvalidRequest, "not a regular file"));
  tree.file("large/config.json", "");
  ASSERT_EQ(::truncate(tree.path("large/config.json").c_str(), (32L << 20) + 1), 0);
  EXPECT_THAT(Bundle::open(tree.path("large"), ""),
              FailsWith(ErrorCode::kInvalidRequest, "larger than"));
}

TEST(Bundle, FindsItsRoot) {
  const TempTree tree;
  tree.file("config.json", "{}");
  const auto bundle = Bundle::open(tree.path(), "");
  ASSERT_THAT(bundle, Succeeds());
  const auto root_of = [&](const char* spec) { return bundle->root_path(*parse_json(spec, "")); };
  EXPECT_EQ(*root_of(R"({"root": {"path": "rootfs"}})"), tree.host("rootfs"));
  EXPECT_EQ(*root_of(R"({"root": {"path": "/var/lib/x"}})"), HostPath("/var/lib/x"));
  for (const char* const spec :
       {"{}", R"({"root": null})", R"({"root": {}})", R"({"root": {"path": ""}})",
        R"({"root": {"path": null}})", R"({"root": {"path": 1}})", R"({"root": "rootfs"})"}) {
    EXPECT_THAT(root_of(spec), FailsWith(ErrorCode::kInvalidRequest, "root")) << spec;
  }
}

TEST(Bundle, KeepsOwnerAndModeOfItsConfig) {
  const TempTree tree;
  tree.file("config.json", "{}");
  const std::string path = tree.path("config.json");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::chown(path.c_str(), 12, 34) == 0);
  const auto bundle = Bundle::open(tree.path(), "");
  ASSERT_THAT(bundle, Succeeds());
  ASSERT_THAT(bundle->replace_config("{\"a\":1}"), Succeeds());
  const struct stat facts = stat_of(path);
  EXPECT_EQ(facts.st_mode & 07777, 0640U);
  EXPECT_EQ(facts.st_uid, root ? 12 : ::geteuid());
  EXPECT_EQ(facts.st_gid, root ? 34 : ::getegid());
  EXPECT_EQ(tree.entries(""), 1U) << "no temporary file is left";
}

}  // namespace
}  // namespace nvinject::compat
