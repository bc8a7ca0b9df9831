// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "core/base/text.h"
#include "core/inventory/nodes.h"
#include "core/os/boot.h"
#include "core/prepare/kernel_modules.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A node in a temporary tree, as it is before anybody has prepared it: hardware, no modules, empty
// /dev.
class PrepareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    add_pci_device("0000:00:01.0", "0x8086", "0x030000");
    add_pci_device("0000:10:00.0", "0x10de", "0x030200");
    add_pci_device("0000:11:00.0", "0x10de", "0x068000");  // a bridge
    for (const char* directory : {"sys/module", "dev", "driver"}) tree_.directory(directory);
    tree_.file("proc/sys/kernel/random/boot_id", "a-boot\n");
    tree_.file("proc/sys/kernel/modprobe", tree_.path("modprobe") + "\n");
    tree_.file("proc/driver/nvidia/params",
               "DeviceFileUID: 12\nDeviceFileGID: 34\nDeviceFileMode: 432\nModifyDeviceFiles: 1\n");
    install_modprobe("modprobe", tree_.path("sys"));
  }

  void add_pci_device(const std::string& id, const std::string& vendor, const std::string& kind) {
    tree_.file("sys/bus/pci/devices/" + id + "/vendor", vendor + "\n");
    tree_.file("sys/bus/pci/devices/" + id + "/class", kind + "\n");
  }
  void install_modprobe(const std::string& path, const std::string& sys) {
    tree_.file(path, "");
    std::filesystem::copy_file(NVINJECT_FAKE_MODPROBE, tree_.path(path),
                               std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(::chmod(tree_.path(path).c_str(), 0755), 0);
    tree_.file(path + ".sys", sys);
  }
  // What the kernel shows once the modules run.
  void show_driver() {
    for (const char* module : {"nvidia", "nvidia_uvm", "nvidia_modeset"}) {
      tree_.file(std::string("sys/module/") + module + "/initstate", "live\n");
    }
    tree_.file("proc/devices",
               "Character devices:\n195 nvidia\n195 nvidia-modeset\n195 nvidiactl\n"
               "508 nvidia-uvm\n\nBlock devices:\n  8 sd\n");
    add_gpu("0000:10:00.0", 0);
    add_gpu("0000:20:00.0", 3);
  }
  void add_gpu(const std::string& bus_id, unsigned minor) {
    tree_.file("proc/driver/nvidia/gpus/" + bus_id + "/information",
               "Model: \t X\nDevice Minor: \t " + std::to_string(minor) + "\n");
  }

  [[nodiscard]] Roots roots() const {
    Roots roots;
    roots.proc = tree_.host("proc");
    roots.sys = tree_.host("sys");
    roots.dev = tree_.host("dev");
    roots.state = tree_.host("state");
    return roots;
  }
  PrepareReport prepare() const {
    auto report = prepare_node(roots(), {});
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(PrepareReport{});
  }
  [[nodiscard]] std::optional<DeviceNodeFacts> node(const std::string& name) const {
    return DeviceNumbers().of(tree_.host("dev/" + name));
  }
  [[nodiscard]] std::string link(const std::string& name) const {
    std::error_code ignored;
    return std::filesystem::read_symlink(tree_.path("dev/char/" + name), ignored).string();
  }
  [[nodiscard]] std::string modprobe_runs(const std::string& path = "modprobe") const {
    return tree_.read(path + ".runs");
  }

  testing::TempTree tree_;
};

class PrepareNodesTest : public PrepareTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: makes device nodes";
    PrepareTest::SetUp();
    show_driver();
  }
  static DeviceNodeFacts facts(std::uint32_t major, std::uint32_t minor) {
    return {.number = {.major = major, .minor = minor}, .mode = 0660, .uid = 12, .gid = 34};
  }
};

TEST_F(PrepareTest, LoadsTheModulesInOrder) {
  const PrepareReport report = prepare();
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
  EXPECT_EQ(report.done.size(), 3U);
  EXPECT_EQ(prepare(), PrepareReport{});
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

TEST_F(PrepareTest, LoadsOnlyWhatIsNotLoaded) {
  tree_.directory("sys/module/nvidia");
  tree_.file("sys/module/nvidia_uvm/initstate", "live\n");
  tree_.file("sys/module/nvidia_modeset/initstate", "coming\n");
  static_cast<void>(prepare());
  EXPECT_EQ(modprobe_runs(), "nvidia-modeset\n");
}

TEST_F(PrepareTest, DoesNothingWithoutHardware) {
  std::filesystem::remove_all(tree_.path("sys/bus/pci/devices/0000:10:00.0"));
  const PrepareReport report = prepare();
  EXPECT_THAT(report.done, IsEmpty());
  EXPECT_EQ(report.skipped.at(0).subject, "kernel modules");
  EXPECT_EQ(modprobe_runs(), "");
}

TEST_F(PrepareTest, DoesNothingInAUserNamespace) {
  tree_.file("proc/self/uid_map", "0 1000 1\n");
  EXPECT_THAT(prepare().done, IsEmpty());
  EXPECT_EQ(modprobe_runs(), "");
  EXPECT_FALSE(std::filesystem::exists(tree_.path("state")));
}

TEST_F(PrepareTest, AModuleNvidiaThatCannotBeLoadedIsAnErrorThatSaysWhatWasRun) {
  tree_.file("modprobe.missing", "nvidia");
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(report.error().message, HasSubstr("/modprobe nvidia': exit status 1"));
  EXPECT_THAT(report.error().message, HasSubstr("Module nvidia not found"));
}

TEST_F(PrepareTest, AnotherModuleThatCannotBeLoadedIsSkipped) {
  tree_.file("modprobe.missing", "nvidia-modeset");
  const PrepareReport report = prepare();
  EXPECT_EQ(report.done.size(), 2U);
  ASSERT_EQ(report.skipped.size(), 1U);
  EXPECT_EQ(report.skipped[0].subject, "module nvidia-modeset");
}

TEST_F(PrepareTest, AModprobeThatOthersCouldHaveChangedIsNotRun) {
  ASSERT_EQ(::chmod(tree_.path("modprobe").c_str(), 0777), 0);
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("writable by others"));
}

TEST_F(PrepareTest, RunsTheDriverRootsOwnModprobeInIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: chroot";
  tree_.file("proc/sys/kernel/modprobe", "/usr/bin/kmod-modprobe\n");
  install_modprobe("driver/usr/bin/kmod-modprobe", "/sys");
  tree_.directory("driver/sys/module");
  Roots with_driver = roots();
  with_driver.driver = tree_.host("driver");
  with_driver.sys = tree_.host("driver/sys");
  std::filesystem::rename(tree_.path("sys/bus"), tree_.path("driver/sys/bus"));
  const auto report = prepare_node(with_driver, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->done.size(), 3U);
  EXPECT_EQ(modprobe_runs("driver/usr/bin/kmod-modprobe"), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

TEST_F(PrepareTest, UsesTheHostsModprobeForARootThatOnlyHoldsDriverFiles) {
  Roots with_driver = roots();
  with_driver.driver = tree_.host("driver");
  ASSERT_TRUE(prepare_node(with_driver, {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
}

TEST_F(PrepareNodesTest, MakesTheNodesOfEveryGpuAndOfEveryModule) {
  const mode_t before = ::umask(0777);
  const PrepareReport report = prepare();
  ::umask(before);
  EXPECT_EQ(node("nvidiactl"), facts(195, 255));
  EXPECT_EQ(node("nvidia-modeset"), facts(195, 254));
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(node("nvidia3"), facts(195, 3));
  EXPECT_FALSE(node("nvidia1"));
  EXPECT_EQ(node("nvidia-uvm"), facts(508, 0));
  EXPECT_EQ(node("nvidia-uvm-tools"), facts(508, 1));
  EXPECT_EQ(link("195:255"), "../nvidiactl");
  EXPECT_EQ(link("195:3"), "../nvidia3");
  EXPECT_EQ(link("508:1"), "../nvidia-uvm-tools");
  EXPECT_EQ(report.done.size(), 12U);
  EXPECT_EQ(tree_.entries("dev"), 7U);  // six nodes and char
  EXPECT_EQ(prepare(), PrepareReport{});
}

TEST_F(PrepareNodesTest, ReplacesWhatHasTheWrongNumberAndKeepsTheRest) {
  ASSERT_TRUE(tree_.character_device("dev/nvidia0", makedev(195, 7)));
  ASSERT_TRUE(tree_.character_device("dev/nvidia3", makedev(195, 3)));
  ASSERT_EQ(::chmod(tree_.path("dev/nvidia3").c_str(), 0600), 0);  // a udev rule's
  tree_.link("dev/char/195:255", "../nvidia0");
  static_cast<void>(prepare());
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(node("nvidia3")->mode, 0600U);
  EXPECT_EQ(link("195:255"), "../nvidiactl");
}

TEST_F(PrepareNodesTest, KeepsALinkOfAnotherSpellingThatLeadsToTheSameDevice) {
  ASSERT_TRUE(tree_.character_device("dev/nvidiactl", makedev(195, 255)));
  tree_.link("dev/char/195:255", tree_.path("dev/nvidiactl"));
  static_cast<void>(prepare());
  EXPECT_EQ(link("195:255"), tree_.path("dev/nvidiactl"));
}

TEST_F(PrepareNodesTest, ReplacesALinkThatHasANodesNameAndNotWhatItLeadsTo) {
  tree_.file("precious", "bytes");
  tree_.link("dev/nvidia0", tree_.path("precious"));
  static_cast<void>(prepare());
  EXPECT_EQ(node("nvidia0"), facts(195, 0));
  EXPECT_EQ(tree_.read("precious"), "bytes");
}

TEST_F(PrepareNodesTest, ANodeThatCannotBeMadeDoesNotHideTheOthers) {
  tree_.directory("dev/nvidia0");
  const auto report = prepare_node(roots(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().os_errno, EISDIR);
  EXPECT_THAT(report.error().message, HasSubstr("'nvidia0'"));
  EXPECT_EQ(node("nvidia3"), facts(195, 3));
  EXPECT_EQ(link("195:3"), "../nvidia3");
}

TEST_F(PrepareNodesTest, LeavesNodesAloneThatAreSomebodyElses) {
  tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 0\n");
  ASSERT_TRUE(tree_.character_device("dev/nvidia3", makedev(195, 3)));
  static_cast<void>(prepare());
  EXPECT_FALSE(node("nvidia0"));
  EXPECT_EQ(link("195:3"), "../nvidia3");
}

TEST_F(PrepareNodesTest, LinksCapabilityNodesAndNoOtherDrivers) {
  ASSERT_TRUE(tree_.character_device("dev/nvidia-caps/nvidia-cap12", makedev(511, 12)));
  ASSERT_TRUE(tree_.character_device("dev/nvidia-nvswitch0", makedev(510, 0)));
  static_cast<void>(prepare());
  EXPECT_EQ(link("511:12"), "../nvidia-caps/nvidia-cap12");
  EXPECT_EQ(link("510:0"), "");
}

TEST_F(PrepareNodesTest, ManyProcessesAtOnceLeaveOneOfEach) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(prepare_node(roots(), {}) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(tree_.entries("dev"), 7U);
  EXPECT_EQ(tree_.entries("dev/char"), 6U);
}

TEST_F(PrepareTest, OnceMeansOnceInAWhile) {
  tree_.file("modprobe.missing", "nvidia");
  EXPECT_FALSE(prepare_once(roots(), {}));
  const auto again = prepare_once(roots(), {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->skipped.size(), 1U);
  EXPECT_EQ(modprobe_runs(), "nvidia\n");
  EXPECT_FALSE(prepare_once(roots(), {.retry_interval = std::chrono::seconds(0)}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia\n");
}

TEST_F(PrepareTest, OnceMeansOncePerBoot) {
  ASSERT_TRUE(prepare_once(roots(), {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\n");
  tree_.file("proc/sys/kernel/random/boot_id", "the-next-boot\n");
  std::filesystem::remove_all(tree_.path("sys/module/nvidia"));
  ASSERT_TRUE(prepare_once(roots(), {}));
  EXPECT_EQ(modprobe_runs(), "nvidia\nnvidia-uvm\nnvidia-modeset\nnvidia\n");
}

TEST_F(PrepareTest, AMarkThatIsNotOursOrNoMarkMeansTryingAgain) {
  for (const std::string& mark :
       {std::string(), std::string("a-boot"), std::string("a-boot 99999999999999999999"),
        std::string("a-boot 4294967295"), std::string("a-boot -1"), std::string(1000, 'x')}) {
    ASSERT_TRUE(prepare_once(roots(), {}));
    tree_.file("state/prepared", mark);
    EXPECT_THAT(prepare_once(roots(), {})->skipped, IsEmpty()) << mark;
  }
  ASSERT_EQ(::chmod(tree_.path("state/prepared").c_str(), 0666), 0);
  EXPECT_THAT(prepare_once(roots(), {})->skipped, IsEmpty());
}

TEST_F(PrepareTest, NeedsPreparationBeforeTheDriverIsLoaded) {
  EXPECT_TRUE(needs_preparation({}, roots(), DeviceNumbers()));
  std::filesystem::remove_all(tree_.path("sys/bus/pci/devices/0000:10:00.0"));
  EXPECT_FALSE(needs_preparation({}, roots(), DeviceNumbers()));
}

TEST_F(PrepareNodesTest, NeedsPreparationUntilEveryNodeIsThere) {
  const DeviceNumbers numbers;
  Inventory inventory;
  const auto scan = [&] {
    const NodeFinder nodes(roots(), numbers);
    inventory.control_nodes = scan_control_nodes(nodes);
    inventory.gpus.resize(1);
    inventory.gpus[0].minor = 3;
  };
  scan();
  EXPECT_TRUE(needs_preparation(inventory, roots(), numbers));
  static_cast<void>(prepare());
  scan();
  EXPECT_FALSE(needs_preparation(inventory, roots(), numbers));
  for (const char* name : {"nvidia3", "nvidia-uvm-tools"}) {
    std::filesystem::remove(tree_.path(std::string("dev/") + name));
    EXPECT_TRUE(needs_preparation(inventory, roots(), numbers)) << name;
    tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 0\n");
    EXPECT_FALSE(needs_preparation(inventory, roots(), numbers)) << name;
    tree_.file("proc/driver/nvidia/params", "ModifyDeviceFiles: 1\n");
    static_cast<void>(prepare());
  }
}

TEST_F(PrepareNodesTest, NeedsPreparationWhenOnlyUvmIsNotLoaded) {
  static_cast<void>(prepare());
  std::filesystem::remove_all(tree_.path("sys/module/nvidia_uvm"));
  Inventory inventory;
  inventory.gpus.resize(1);
  inventory.gpus[0].minor = 3;
  inventory.control_nodes.push_back({.name = "nvidiactl", .node = {}});
  EXPECT_TRUE(needs_preparation(inventory, roots(), DeviceNumbers()));
}

}  // namespace
}  // namespace nvinject
