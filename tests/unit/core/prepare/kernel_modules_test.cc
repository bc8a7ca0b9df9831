// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/kernel_modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/os/capabilities.h"
#include "tests/unit/core/prepare/prepare_fixture.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KernelModulesTest : public testing::PrepareTest {};

TEST_F(KernelModulesTest, LoadsTheModulesInOrder) {
  const PrepareReport report = prepare();
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
  EXPECT_EQ(report.done.size(), 3U);
  EXPECT_EQ(prepare(), PrepareReport{});
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

TEST_F(KernelModulesTest, LoadsOnlyWhatIsNotLoaded) {
  tree_.directory("sys/module/nvidia");
  tree_.file("sys/module/nvidia_uvm/initstate", "live\n");
  tree_.file("sys/module/nvidia_modeset/initstate", "coming\n");
  static_cast<void>(prepare());
  EXPECT_EQ(modprobe_runs(), "nvidia-modeset\n");
}

TEST_F(KernelModulesTest, DoesNothingWithoutHardware) {
  std::filesystem::remove_all(tree_.path("sys/bus/pci/devices/0000:10:00.0"));
  const PrepareReport report = prepare();
  EXPECT_THAT(report.done, IsEmpty());
  EXPECT_EQ(report.skipped.at(0).subject, "kernel modules");
  EXPECT_EQ(modprobe_runs(), "");
}

TEST_F(KernelModulesTest, AModuleNvidiaThatCannotBeLoadedIsAnErrorThatSaysWhatWasRun) {
  tree_.file("modprobe.missing", "nvidia");
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(report.error().message, HasSubstr("/modprobe nvidia': exit status 1"));
  EXPECT_THAT(report.error().message, HasSubstr("Module nvidia not found"));
}

TEST_F(KernelModulesTest, AnotherModuleThatCannotBeLoadedIsSkipped) {
  tree_.file("modprobe.missing", "nvidia-modeset");
  const PrepareReport report = prepare();
  EXPECT_EQ(report.done.size(), 2U);
  ASSERT_EQ(report.skipped.size(), 1U);
  EXPECT_EQ(report.skipped[0].subject, "module nvidia-modeset");
}

TEST_F(KernelModulesTest, AModprobeThatOthersCouldHaveChangedIsNotRun) {
  ASSERT_EQ(::chmod(tree_.path("modprobe").c_str(), 0777), 0);
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("writable by others"));
}

// A driver container, whose modprobe is run with its root.
class DriverRootsModprobe : public testing::PrepareTest {
 protected:
  void SetUp() override {
    PrepareTest::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: chroot";
    tree_.file("proc/sys/kernel/modprobe", "/usr/bin/kmod-modprobe\n");
    install_modprobe("driver/usr/bin/kmod-modprobe", "/sys");
    tree_.directory("driver/sys/module");
    std::filesystem::rename(tree_.path("sys/bus"), tree_.path("driver/sys/bus"));
    roots_ = roots();
    roots_.driver = tree_.host("driver");
    roots_.sys = tree_.host("driver/sys");
  }

  Roots roots_;
};

TEST_F(DriverRootsModprobe, RunsInIt) {
  const auto report = prepare_node(roots_, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->done.size(), 3U);
  EXPECT_EQ(modprobe_runs("driver/usr/bin/kmod-modprobe"), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

// As the programs that serve live containers are: what they may is not effective by itself.
TEST_F(DriverRootsModprobe, RunsForWhoHasToRaiseItsRights) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool cut = cut_capabilities({CAP_SYS_CHROOT, CAP_KILL}).has_value();
    const bool loaded = cut && load_module(roots_, "nvidia", std::chrono::seconds(10)).has_value();
    ::_exit(loaded ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(modprobe_runs("driver/usr/bin/kmod-modprobe"), "nvidia\n");
}

TEST_F(KernelModulesTest, UsesTheHostsModprobeForARootThatOnlyHoldsDriverFiles) {
  Roots with_driver = roots();
  with_driver.driver = tree_.host("driver");
  ASSERT_TRUE(prepare_node(with_driver, {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

}  // namespace
}  // namespace nvinject
