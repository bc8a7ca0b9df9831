// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_program.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

#include "core/os/file.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

constexpr DeviceNumber kNull = {1, 3};

// r0 = verdict; exit
UniqueFd load_verdict(int verdict) {
  std::array<bpf_insn, 2> code{};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[0].imm = verdict;
  code[1].code = BPF_JMP | BPF_EXIT;
  return UniqueFd(::bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, "verdict", "Apache-2.0", code.data(),
                                  code.size(), nullptr));
}

class DeviceProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    if (::mount("none", tree_.path().c_str(), "cgroup2", 0, nullptr) != 0) {
      GTEST_SKIP() << "no cgroup v2 to mount";
    }
    mounted_ = true;
    path_ = tree_.path("nvinject-unit-" + std::to_string(::getpid()));
    ASSERT_EQ(::mkdir(path_.c_str(), 0755), 0);
    auto fd = open_directory(HostPath(path_));
    ASSERT_TRUE(fd);
    cgroup_ = *std::move(fd);
    if (!load_verdict(0).valid()) GTEST_SKIP() << "no BPF here";
  }
  void TearDown() override {
    cgroup_ = UniqueFd();
    if (!path_.empty()) ::rmdir(path_.c_str());
    if (mounted_) ::umount2(tree_.path().c_str(), MNT_DETACH);
  }

  void attach(int verdict, unsigned flags) {
    const UniqueFd program = load_verdict(verdict);
    ASSERT_EQ(::bpf_prog_attach(program.get(), cgroup_.get(), BPF_CGROUP_DEVICE, flags), 0);
  }
  // Whether a process of the cgroup can open it.
  bool can_open(const char* device, int flags = O_RDWR) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::ofstream(path_ + "/cgroup.procs") << ::getpid() << std::flush;
      const int fd = ::open(device, flags | O_CLOEXEC);
      ::_exit(fd >= 0 ? 0 : (errno == EPERM ? 1 : 2));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2) << device;
    return status == 0;
  }

  TempTree tree_;
  bool mounted_ = false;
  std::string path_;
  UniqueFd cgroup_;
};

TEST_F(DeviceProgram, WithoutAProgramThereIsNothingToDo) {
  const auto programs = DevicePrograms::allow(cgroup_.get(), std::vector{kNull});
  ASSERT_TRUE(programs) << programs.error().message;
  EXPECT_EQ(programs->replaced(), 0U);
  EXPECT_EQ(count_device_programs(cgroup_.get()).value_or(9), 0U);
}

TEST_F(DeviceProgram, OnlyTheNamedDevicesAreAllowedUntilRestored) {
  const unsigned kinds[] = {BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE, 0};
  for (const unsigned flags : kinds) {
    SCOPED_TRACE(flags);
    TearDown();
    SetUp();
    attach(0, flags);
    ASSERT_FALSE(can_open("/dev/null"));
    const auto programs = DevicePrograms::allow(cgroup_.get(), std::vector{kNull});
    ASSERT_TRUE(programs) << programs.error().message;
    EXPECT_EQ(programs->replaced(), 1U);
    EXPECT_EQ(count_device_programs(cgroup_.get()).value_or(9), 1U);
    EXPECT_TRUE(can_open("/dev/null"));
    EXPECT_FALSE(can_open("/dev/zero"));
    programs->restore(cgroup_.get());
    EXPECT_FALSE(can_open("/dev/null")) << "restored";
    EXPECT_EQ(count_device_programs(cgroup_.get()).value_or(9), 1U);
  }
}

TEST_F(DeviceProgram, EachOfSeveralProgramsIsReplaced) {
  attach(0, BPF_F_ALLOW_MULTI);
  attach(0, BPF_F_ALLOW_MULTI);
  const auto programs =
      DevicePrograms::allow(cgroup_.get(), std::vector<DeviceNumber>{{1, 3}, {1, 5}});
  ASSERT_TRUE(programs) << programs.error().message;
  EXPECT_EQ(programs->replaced(), 2U);
  EXPECT_TRUE(can_open("/dev/null"));
  EXPECT_TRUE(can_open("/dev/zero"));
  EXPECT_FALSE(can_open("/dev/full"));
}

TEST_F(DeviceProgram, WhatTheOldProgramAllowsStaysAllowed) {
  attach(1, BPF_F_ALLOW_MULTI);
  ASSERT_TRUE(DevicePrograms::allow(cgroup_.get(), std::vector{kNull}));
  EXPECT_TRUE(can_open("/dev/zero"));
}

TEST_F(DeviceProgram, ASecondTimeReplacesNothing) {
  attach(0, BPF_F_ALLOW_MULTI);
  ASSERT_TRUE(DevicePrograms::allow(cgroup_.get(), std::vector{kNull}));
  const auto again = DevicePrograms::allow(cgroup_.get(), std::vector{kNull});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->replaced(), 0U);
  EXPECT_TRUE(can_open("/dev/null"));
}

TEST_F(DeviceProgram, WhatIsNoCgroupIsAnError) {
  const TempTree other;
  const auto directory = open_directory(other.host());
  ASSERT_TRUE(directory);
  EXPECT_FALSE(DevicePrograms::allow(directory->get(), std::vector{kNull}));
}

}  // namespace
}  // namespace nvinject
