// SPDX-License-Identifier: Apache-2.0
#include "core/os/mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>

#include "core/os/file.h"
#include "core/os/in_root.h"
#include "core/os/mount_table.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

constexpr MountAttributes kAllAttributes = {
    .read_only = true, .no_suid = true, .no_devices = true, .no_execution = true};
constexpr unsigned long kAllFlags = ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC;

class Mount : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    tree.file("source", "from the host");
    tree.file("target", "");
  }
  UniqueFd open_path(std::string_view name) {
    auto fd = open_file(tree.host(name), O_PATH | O_NOFOLLOW);
    EXPECT_TRUE(fd) << name;
    return *std::move(fd);
  }
  TempTree tree;
};

TEST_F(Mount, AClonedFileIsAttachedAndTakenAwayByDescriptor) {
  auto mount = MountCloner().clone(tree.host("source"), {});
  ASSERT_TRUE(mount) << mount.error().message;
  auto detacher = Detacher::open();
  ASSERT_TRUE(detacher);
  ASSERT_TRUE(attach_mount(mount->get(), open_path("target").get()));
  EXPECT_EQ(tree.read("target"), "from the host");
  detacher->detach(mount->get());
  EXPECT_EQ(tree.read("target"), "");
}

TEST_F(Mount, ALinkIsClonedItselfAndNotWhatItPointsTo) {
  tree.link("link", "source");
  const auto mount = MountCloner().clone(tree.host("link"), {});
  ASSERT_TRUE(mount);
  const auto facts = file_facts(mount->get(), "link");
  ASSERT_TRUE(facts);
  EXPECT_TRUE(S_ISLNK(facts->mode));
}

// From now on the call answers `problem`, as an older kernel or a system call filter has it.
bool deny_call(unsigned number, unsigned problem) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | problem),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

class MountOnOlderKernels : public Mount, public ::testing::WithParamInterface<unsigned> {};

TEST_P(MountOnOlderKernels, AttributesAreSetByACallOfTheirOwn) {
  constexpr unsigned kOpenTreeAttr = 467;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!deny_call(kOpenTreeAttr, GetParam())) ::_exit(1);
    MountCloner cloner;
    for (int i = 0; i < 2; ++i) {
      const auto mount = cloner.clone(tree.host("source"), kAllAttributes);
      struct statvfs facts{};
      if (!mount || ::fstatvfs(mount->get(), &facts) != 0) ::_exit(2);
      if ((facts.f_flag & kAllFlags) != kAllFlags) ::_exit(3);
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

INSTANTIATE_TEST_SUITE_P(Kernels, MountOnOlderKernels, ::testing::Values(ENOSYS, EPERM));

TEST_F(Mount, AttributesAreThoseAskedForAndTheMountIsPrivate) {
  ASSERT_EQ(::mount(tree.path().c_str(), tree.path().c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(::mount(nullptr, tree.path().c_str(), nullptr, MS_SHARED, nullptr), 0);
  const auto mount = MountCloner().clone(tree.host("source"), kAllAttributes);
  ASSERT_TRUE(mount);
  struct statvfs facts{};
  ASSERT_EQ(::fstatvfs(mount->get(), &facts), 0);
  EXPECT_EQ(facts.f_flag & kAllFlags, kAllFlags);
  ASSERT_EQ(::mount(nullptr, tree.path().c_str(), nullptr, MS_PRIVATE, nullptr), 0);
  ASSERT_TRUE(attach_mount(mount->get(), open_path("target").get()));
  const auto text = read_file(HostPath("/proc/self/mountinfo"), kMaxMountInfoBytes);
  ASSERT_TRUE(text);
  bool found = false;
  for (const MountEntry& entry : parse_mountinfo(*text)) {
    if (entry.mount_point != tree.path("target")) continue;
    found = true;
    EXPECT_FALSE(entry.shared);
  }
  EXPECT_TRUE(found);
  ::umount2(tree.path().c_str(), MNT_DETACH);
}

TEST_F(Mount, ATmpfsShowsWhatIsMadeThroughItsDescriptor) {
  tree.directory("place");
  const auto mount = make_tmpfs(0751);
  ASSERT_TRUE(mount) << mount.error().message;
  ASSERT_TRUE(make_file_at(mount->get(), "made", 0644));
  ASSERT_TRUE(attach_mount(mount->get(), open_path("place").get()));
  struct stat facts{};
  EXPECT_EQ(::stat(tree.path("place/made").c_str(), &facts), 0);
  ASSERT_EQ(::stat(tree.path("place").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0751U);
  ::umount2(tree.path("place").c_str(), MNT_DETACH);
}

TEST_F(Mount, ADeviceThatNoDirectoryHasCanBeMounted) {
  const auto mount = make_device_mount({.number = {1, 3}, .mode = 0640, .uid = 12, .gid = 34});
  ASSERT_TRUE(mount) << mount.error().message;
  ASSERT_TRUE(attach_mount(mount->get(), open_path("target").get()));
  struct stat facts{};
  ASSERT_EQ(::stat(tree.path("target").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISCHR(facts.st_mode));
  EXPECT_EQ(facts.st_rdev, makedev(1, 3));
  EXPECT_EQ(facts.st_mode & 07777U, 0640U);
  EXPECT_EQ(facts.st_uid, 12U);
  EXPECT_EQ(facts.st_gid, 34U);
  const auto opened = open_file(tree.host("target"), O_RDONLY);
  EXPECT_TRUE(opened) << "it is a device that works";
  ::umount2(tree.path("target").c_str(), MNT_DETACH);
}

TEST_F(Mount, WhatIsNotThereIsNamed) {
  const auto mount = MountCloner().clone(tree.host("missing"), {});
  ASSERT_FALSE(mount);
  EXPECT_EQ(mount.error().os_errno, ENOENT);
  EXPECT_THAT(mount.error().message, ::testing::HasSubstr("missing"));
}

TEST_F(Mount, PropagationCanBeRestored) {
  tree.directory("below");
  const std::string below = tree.path("below");
  testing::bind_mount(below, below);
  ASSERT_EQ(::mount(nullptr, below.c_str(), nullptr, MS_SHARED, nullptr), 0);
  const auto is_shared = [&] {
    const auto text = read_file(HostPath("/proc/self/mountinfo"), kMaxMountInfoBytes);
    for (const MountEntry& entry : parse_mountinfo(text.value_or(""))) {
      if (entry.mount_point == below) return entry.shared;
    }
    return false;
  };
  ASSERT_TRUE(is_shared());
  const UniqueFd fd = open_path("below");
  const auto shared = Propagation::of(fd.get());
  ASSERT_TRUE(shared) << shared.error().message;
  ASSERT_TRUE(make_mount_slave(fd.get()));
  EXPECT_FALSE(is_shared());
  const auto restored = shared->restore(fd.get());
  EXPECT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(is_shared());
  ::umount2(below.c_str(), MNT_DETACH);
}

TEST_F(Mount, OnlyTheRootOfAMountCanBeMadeASlave) {
  tree.directory("below");
  EXPECT_FALSE(make_mount_slave(open_path("below").get()));
  testing::bind_mount(tree.path("below"), tree.path("below"));
  EXPECT_TRUE(make_mount_slave(open_path("below").get()));
  ::umount2(tree.path("below").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace nvinject
