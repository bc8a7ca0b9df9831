// SPDX-License-Identifier: Apache-2.0
#include "core/apply/driver_proc.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "core/os/file.h"
#include "core/os/mount.h"
#include "tests/support/container_process.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using testing::TempTree;

TEST(DriverProc, OnlyModifyDeviceFilesChanges) {
  EXPECT_EQ(without_device_file_changes("A: 1\nModifyDeviceFiles: 1\nB: 1\n"),
            "A: 1\nModifyDeviceFiles: 0\nB: 1\n");
  EXPECT_EQ(without_device_file_changes("ModifyDeviceFiles: 1"), "ModifyDeviceFiles: 0");
  EXPECT_EQ(without_device_file_changes("NoModifyDeviceFiles: 1\n\n"),
            "NoModifyDeviceFiles: 1\n\n");
  EXPECT_EQ(without_device_file_changes(""), "");
}

TEST(EglProfile, IsAMaskOfMinors) {
  EXPECT_THAT(print_egl_profile({{0}}), HasSubstr(R"("EGLVisibleDGPUDevices", 0x1])"));
  EXPECT_THAT(print_egl_profile({{1, 3, 5}}), HasSubstr("0x2a]"));
  EXPECT_THAT(print_egl_profile({{63}}), HasSubstr("0x8000000000000000]"));
  EXPECT_THAT(print_egl_profile({}), HasSubstr("0x0]"));
  EXPECT_THAT(print_egl_profile({{64}}), HasSubstr("0x0]"))
      << "beyond the mask, and no shift by 64";
}

class MadeDriverProc : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    host.file("version", "999\n");
    host.file("params", "ModifyDeviceFiles: 1\n");
    host.file("gpus/0000:3b:00.0/information", "first\n");
    host.file("gpus/0000:3b:00.0/registry", "keys\n");
    host.file("gpus/0000:AF:00.0/information", "second\n");
    host.file("gpus/00000000:d8:00.0/information", "third\n");
    host.file("capabilities/mig/config", "DeviceFileMinor: 1\n");
    host.file("capabilities/gpu3/mig/gi7/access", "DeviceFileMinor: 66\n");
    host.file("capabilities/gpu3/mig/gi7/ci0/access", "DeviceFileMinor: 67\n");
    host.file("capabilities/gpu3/mig/gi8/access", "DeviceFileMinor: 75\n");
    place.directory("here");
  }
  void TearDown() override { ::umount2(place.path("here").c_str(), MNT_DETACH); }
  void attach(const Result<UniqueFd>& mount) {
    ASSERT_TRUE(mount) << mount.error().message;
    const auto target = open_file(place.host("here"), O_PATH);
    ASSERT_TRUE(target);
    ASSERT_TRUE(attach_mount(mount->get(), target->get()));
  }
  void make(std::vector<std::string> bus_ids, std::vector<std::string> capabilities = {}) {
    const auto directory = open_directory(host.host());
    ASSERT_TRUE(directory);
    attach(make_driver_proc(directory->get(), {std::move(bus_ids), std::move(capabilities)}));
  }
  TempTree host;
  TempTree place;
};

TEST_F(MadeDriverProc, ShowsTheGrantedGpuAndNoOther) {
  make({"00000000:3b:00.0"});
  EXPECT_EQ(place.read("here/version"), "999\n");
  EXPECT_EQ(place.read("here/params"), "ModifyDeviceFiles: 0\n");
  EXPECT_EQ(place.read("here/gpus/0000:3b:00.0/information"), "first\n");
  EXPECT_EQ(place.read("here/gpus/0000:3b:00.0/registry"), "keys\n");
  EXPECT_EQ(place.entries("here/gpus"), 1U);
  EXPECT_EQ(place.entries("here"), 3U) << "the driver had no registry, and capabilities are hidden";
}

TEST_F(MadeDriverProc, ShowsTheFilesOfGrantedMigDevices) {
  make({"00000000:3b:00.0"},
       {"gpu3/mig/gi7/access", "gpu3/mig/gi7/ci0/access", "gpu3/mig/gi9/access"});
  EXPECT_EQ(place.read("here/capabilities/gpu3/mig/gi7/access"), "DeviceFileMinor: 66\n");
  EXPECT_EQ(place.read("here/capabilities/gpu3/mig/gi7/ci0/access"), "DeviceFileMinor: 67\n");
  EXPECT_EQ(place.entries("here/capabilities"), 1U);
  EXPECT_EQ(place.entries("here/capabilities/gpu3/mig"), 1U) << "9 is gone, 8 somebody else's";
}

TEST_F(MadeDriverProc, KnowsTheDriversSpellings) {
  make({"00000000:af:00.0", "00000000:d8:00.0"});
  EXPECT_EQ(place.read("here/gpus/0000:AF:00.0/information"), "second\n");
  EXPECT_EQ(place.read("here/gpus/00000000:d8:00.0/information"), "third\n");
  EXPECT_EQ(place.entries("here/gpus"), 2U);
}

TEST_F(MadeDriverProc, CannotBeWrittenTo) {
  make({});
  EXPECT_NE(::open(place.path("here/params").c_str(), O_WRONLY | O_CLOEXEC), 0);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(MadeDriverProc, AProfileIsAFileInADirectoryOfItsOwn) {
  attach(make_egl_profiles({{2}}));
  EXPECT_THAT(place.read("here/10-container.conf"), HasSubstr("0x4]"));
  EXPECT_EQ(place.entries("here"), 1U);
}

}  // namespace
}  // namespace nvinject
