// SPDX-License-Identifier: Apache-2.0
#include "core/apply/mount_targets.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using testing::snapshot;
using testing::TempTree;

constexpr const char* kPath = "usr/lib/target";

class MountTargetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    tree.directory("usr/lib");
    outside.file("secret", "of the host");
    open_targets({});
  }
  // `own`: where mounts lie that are the container's alone.
  void open_targets(const std::vector<std::string>& own) {
    std::set<std::uint64_t> own_mounts;
    for (const std::string& path : own) {
      const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
      own_mounts.insert(file_facts(fd.get(), path).value().mount_id);
    }
    targets.reset();
    auto opened = ContainerRoot::open(tree.host());
    ASSERT_TRUE(opened);
    root.emplace(*std::move(opened));
    const auto fd = root->open_in_root(ContainerPath("/"), O_PATH);
    ASSERT_TRUE(fd);
    const auto facts = file_facts(fd->get(), "/");
    ASSERT_TRUE(facts);
    targets.emplace(*root, *facts, std::move(own_mounts), ContainerOwner{});
  }
  static MountSource source(SourceKind kind, std::string path = std::string("/") + kPath) {
    MountSource made{.kind = kind, .destination = ContainerPath(std::move(path))};
    made.facts.number = kind == SourceKind::kDevice ? makedev(1, 3) : 0;
    return made;
  }
  void socket_at(std::string_view name) const {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = tree.path(name);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  TempTree tree;
  TempTree outside;
  std::optional<ContainerRoot> root;
  std::optional<MountTargets> targets;
};

TEST_F(MountTargetsTest, WhatIsInTheWayIsNamedAndNothingIsTouched) {
  const auto secret = outside.path("secret");
  struct Row {
    const char* name;
    std::function<void()> plant;
    const char* cause;
  };
  const Row rows[] = {
      {"a link to a file of the host", [&] { tree.link(kPath, secret); }, "a symbolic link"},
      {"a link that leads nowhere", [&] { tree.link(kPath, outside.path("new")); },
       "a symbolic link"},
      {"a fifo", [&] { tree.fifo(kPath); }, "a fifo"},
      {"a directory", [&] { tree.directory(kPath); }, "a directory"},
      {"a socket", [&] { socket_at(kPath); }, "a socket"},
      {"another device", [&] { ASSERT_TRUE(tree.character_device(kPath, makedev(1, 5))); },
       "another character device"},
  };
  for (const Row& row : rows) {
    for (const SourceKind kind : {SourceKind::kFile, SourceKind::kDevice}) {
      SCOPED_TRACE(row.name);
      row.plant();
      const auto before = snapshot(tree.path());
      const auto host_before = snapshot(outside.path());
      const auto target = targets->open(source(kind));
      ASSERT_FALSE(target);
      EXPECT_EQ(target.error().code, ErrorCode::kInvalidRequest);
      EXPECT_THAT(target.error().message, HasSubstr(row.cause));
      EXPECT_THAT(target.error().message, HasSubstr(kPath));
      EXPECT_EQ(snapshot(tree.path()), before);
      EXPECT_EQ(snapshot(outside.path()), host_before);
      std::filesystem::remove_all(tree.path(kPath));
    }
  }
}

TEST_F(MountTargetsTest, ASocketGoesOntoASocketOrAFile) {
  socket_at(kPath);
  EXPECT_TRUE(targets->open(source(SourceKind::kSocket)));
  tree.file("usr/lib/file", "");
  EXPECT_TRUE(targets->open(source(SourceKind::kSocket, "/usr/lib/file")));
  tree.directory("usr/lib/directory");
  EXPECT_FALSE(targets->open(source(SourceKind::kSocket, "/usr/lib/directory")));
}

TEST_F(MountTargetsTest, ANodeWithTheRightNumberNeedsNoMount) {
  ASSERT_TRUE(tree.character_device(kPath, makedev(1, 3)));
  const auto target = targets->open(source(SourceKind::kDevice));
  ASSERT_TRUE(target);
  EXPECT_TRUE(target->already_there);
}

TEST_F(MountTargetsTest, WhatIsMissingIsMadeAndRemovedAgain) {
  const auto before = snapshot(tree.path());
  ASSERT_TRUE(targets->open(source(SourceKind::kFile, "/a/b/file")));
  ASSERT_TRUE(targets->open(source(SourceKind::kDirectory, "/a/b/directory")));
  ASSERT_TRUE(targets->open(source(SourceKind::kFile)));
  EXPECT_TRUE(std::filesystem::is_regular_file(tree.path("a/b/file")));
  EXPECT_TRUE(std::filesystem::is_directory(tree.path("a/b/directory")));
  EXPECT_EQ(targets->made(), 5U);
  targets->remove_made();
  EXPECT_EQ(snapshot(tree.path()), before);
}

TEST_F(MountTargetsTest, WhatIsNotEmptyAnyMoreStays) {
  ASSERT_TRUE(targets->open(source(SourceKind::kFile, "/a/file")));
  tree.file("a/file", "somebody has written here");
  targets->remove_made();
  EXPECT_EQ(tree.read("a/file"), "somebody has written here");
}

// Between making and removing somebody may have put an empty file of their own there.
TEST_F(MountTargetsTest, WhatHasTakenTheNameMeanwhileStays) {
  ASSERT_TRUE(targets->open(source(SourceKind::kFile, "/usr/lib/file")));
  ASSERT_TRUE(targets->open(source(SourceKind::kDirectory, "/usr/lib/directory")));
  for (const char* const name : {"usr/lib/file", "usr/lib/directory"}) {
    std::filesystem::rename(tree.path(name), tree.path(std::string(name) + ".moved"));
  }
  tree.file("usr/lib/file", "");
  tree.directory("usr/lib/directory");
  targets->remove_made();
  EXPECT_TRUE(std::filesystem::exists(tree.path("usr/lib/file")));
  EXPECT_TRUE(std::filesystem::exists(tree.path("usr/lib/directory")));
}

TEST_F(MountTargetsTest, OnlyTheLastOnesAreRemovedOnRequestAndCanBeMadeAgain) {
  ASSERT_TRUE(targets->open(source(SourceKind::kFile)));
  const std::size_t kept = targets->made();
  ASSERT_TRUE(targets->open(source(SourceKind::kFile, "/a/b/file")));
  targets->remove_made(kept);
  EXPECT_FALSE(std::filesystem::exists(tree.path("a")));
  EXPECT_TRUE(std::filesystem::exists(tree.path(kPath)));
  EXPECT_TRUE(targets->open(source(SourceKind::kFile, "/a/b/file")));
  EXPECT_TRUE(std::filesystem::exists(tree.path("a/b/file")));
}

TEST_F(MountTargetsTest, DirectoriesHaveTheirModeWhateverTheMaskIs) {
  const mode_t mask = ::umask(0077);
  EXPECT_TRUE(targets->open(source(SourceKind::kFile, "/a/file")));
  ::umask(mask);
  struct stat facts{};
  ASSERT_EQ(::stat(tree.path("a").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0755U);
}

TEST_F(MountTargetsTest, LinksToDirectoriesStayInsideTheRoot) {
  tree.link("lib", "usr/lib");
  tree.link("up", "../../../../../usr/lib");
  tree.link("absolute", "/usr/lib");
  tree.link("host", outside.path());
  const auto before = snapshot(outside.path());
  for (const char* path : {"/lib/one", "/up/two", "/absolute/three"}) {
    ASSERT_TRUE(targets->open(source(SourceKind::kFile, path))) << path;
  }
  EXPECT_EQ(tree.entries("usr/lib"), 3U);
  EXPECT_FALSE(targets->open(source(SourceKind::kFile, "/host/secret")));
  EXPECT_FALSE(targets->open(source(SourceKind::kFile, "/host/new")));
  EXPECT_EQ(snapshot(outside.path()), before);
}

TEST_F(MountTargetsTest, AFileInPlaceOfADirectoryIsAnError) {
  tree.file("usr/file", "");
  EXPECT_FALSE(targets->open(source(SourceKind::kFile, "/usr/file/target")));
}

TEST_F(MountTargetsTest, AVolumeOfTheHostGetsNoFileOfOurs) {
  tree.directory("volume");
  testing::bind_mount(outside.path(), tree.path("volume"));
  open_targets({});
  const auto before = snapshot(outside.path());
  for (const char* path : {"/volume/new", "/volume/deep/new"}) {
    const auto target = targets->open(source(SourceKind::kFile, path));
    ASSERT_FALSE(target) << path;
    EXPECT_THAT(target.error().message, HasSubstr("volume of the host"));
  }
  EXPECT_TRUE(targets->open(source(SourceKind::kFile, "/volume/secret"))) << "it is there already";
  EXPECT_EQ(snapshot(outside.path()), before);
  ::umount2(tree.path("volume").c_str(), MNT_DETACH);
}

TEST_F(MountTargetsTest, ATmpfsOfTheContainersOwnMayGetFiles) {
  tree.directory("dev");
  testing::mount_tmpfs(tree.path("dev"));
  open_targets({tree.path("dev")});
  EXPECT_TRUE(targets->open(source(SourceKind::kDevice, "/dev/nvidia0")));
  ::umount2(tree.path("dev").c_str(), MNT_DETACH);
}

TEST_F(MountTargetsTest, AReadOnlyFileSystemIsAnError) {
  tree.directory("dev");
  testing::mount_tmpfs(tree.path("dev"));
  open_targets({tree.path("dev")});
  ASSERT_EQ(::mount(nullptr, tree.path("dev").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
            0);
  const auto target = targets->open(source(SourceKind::kDevice, "/dev/nvidia0"));
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().os_errno, EROFS);
  EXPECT_THAT(target.error().message, HasSubstr("nvidia0"));
  ::umount2(tree.path("dev").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace nvinject
