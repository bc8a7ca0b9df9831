// SPDX-License-Identifier: Apache-2.0
#include "core/os/config_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

class ConfigFiles : public ::testing::Test {
 protected:
  [[nodiscard]] Result<ConfigFile> open(const std::string& name) const {
    return ConfigFile::open(tree_.host(name), 100);
  }
  [[nodiscard]] mode_t mode(const std::string& name) const {
    struct stat facts{};
    EXPECT_EQ(::lstat(tree_.path(name).c_str(), &facts), 0) << name;
    return facts.st_mode & 07777U;
  }
  testing::TempTree tree_;
};

TEST_F(ConfigFiles, AreReplacedAndTheOldOneIsKeptBeside) {
  tree_.file("etc/daemon.json", "old");
  ASSERT_EQ(::chmod(tree_.path("etc/daemon.json").c_str(), 0640), 0);
  auto file = open("etc/daemon.json");
  ASSERT_THAT(file, Succeeds());
  EXPECT_EQ(file->text(), "old");
  ASSERT_THAT(file->replace("new", Backup::kBeside), Succeeds());
  EXPECT_EQ(tree_.read("etc/daemon.json"), "new");
  EXPECT_EQ(tree_.read("etc/daemon.json.nvinject-backup"), "old");
  EXPECT_EQ(mode("etc/daemon.json"), 0640U);
  EXPECT_EQ(mode("etc/daemon.json.nvinject-backup"), 0640U) << "no secret gets out";
  EXPECT_EQ(tree_.entries("etc"), 2U);
}

TEST_F(ConfigFiles, WithoutABackupWhereNoneIsWanted) {
  tree_.file("etc/drop-in", "old");
  ASSERT_THAT(open("etc/drop-in")->replace("new", Backup::kNone), Succeeds());
  EXPECT_EQ(tree_.entries("etc"), 1U);
}

TEST_F(ConfigFiles, AreMadeWithTheirDirectories) {
  auto file = open("etc/a/b/daemon.json");
  ASSERT_THAT(file, Succeeds());
  EXPECT_EQ(file->text(), std::nullopt);
  EXPECT_EQ(tree_.entries(""), 0U) << "looking makes nothing";
  ASSERT_THAT(file->replace("new", Backup::kBeside), Succeeds());
  EXPECT_EQ(tree_.read("etc/a/b/daemon.json"), "new");
  EXPECT_EQ(tree_.entries("etc/a/b"), 1U) << "there was nothing to keep";
  EXPECT_EQ(mode("etc/a/b/daemon.json"), 0644U);
  EXPECT_EQ(mode("etc/a"), 0755U);
}

TEST_F(ConfigFiles, AreRemoved) {
  tree_.file("etc/hook.json", "old");
  ASSERT_THAT(open("etc/hook.json")->remove(Backup::kBeside), Succeeds());
  EXPECT_EQ(tree_.entries("etc"), 1U);
  EXPECT_EQ(tree_.read("etc/hook.json.nvinject-backup"), "old");
  EXPECT_THAT(open("etc/hook.json")->remove(Backup::kNone), Succeeds()) << "gone already";
  EXPECT_THAT(open("absent/hook.json")->remove(Backup::kNone), Succeeds());
}

TEST_F(ConfigFiles, AreNeverEditedThroughALink) {
  tree_.file("store/daemon.json", "old");
  tree_.link("etc/daemon.json", "../store/daemon.json");
  tree_.link("etc/dangling.json", "nowhere");
  EXPECT_THAT(open("etc/daemon.json"), FailsWith(ErrorCode::kInvalidRequest, "etc/daemon.json"));
  EXPECT_THAT(open("etc/dangling.json"), FailsWith(ErrorCode::kInvalidRequest, "link"));
  tree_.link("linked", "store");
  EXPECT_THAT(open("linked/daemon.json"), Succeeds()) << "a directory may be one";
}

TEST_F(ConfigFiles, ThatAreNoFilesOrTooLargeAreErrors) {
  tree_.fifo("etc/fifo");
  tree_.file("etc/large", std::string(101, 'x'));
  tree_.directory("etc/directory");
  EXPECT_THAT(open("etc/fifo"), FailsWith(ErrorCode::kInvalidRequest, "etc/fifo"));
  EXPECT_THAT(open("etc/large"), FailsWith(ErrorCode::kInvalidRequest, "etc/large"));
  EXPECT_THAT(open("etc/directory"), FailsWith(ErrorCode::kInvalidRequest, "etc/directory"));
  EXPECT_THAT(open("etc/"), FailsWith(ErrorCode::kInvalidRequest, "not a file"));
  EXPECT_FALSE(open("etc/large/daemon.json"));
  EXPECT_FALSE(open("etc/directory")) << "and nothing was changed";
}

TEST_F(ConfigFiles, AreChangedByOneProcessAtATime) {
  tree_.file("etc/daemon.json", "old");
  const UniqueFd directory = *open_directory(tree_.host("etc"));
  {
    const auto file = open("etc/daemon.json");
    ASSERT_THAT(file, Succeeds());
    EXPECT_NE(::flock(directory.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_THAT(open("etc/other.json"), FailsWith(ErrorCode::kUnavailable, "etc"));
  }
  EXPECT_EQ(::flock(directory.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(ConfigFiles, MayBeNamedFromTheCurrentDirectory) {
  tree_.file("daemon.json", "old");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(tree_.path());
  auto file = ConfigFile::open(HostPath("daemon.json"), 100);
  ASSERT_THAT(file, Succeeds());
  EXPECT_THAT(file->replace("new", Backup::kNone), Succeeds());
  std::filesystem::current_path(before);
  EXPECT_EQ(tree_.read("daemon.json"), "new");
}

}  // namespace
}  // namespace nvinject
