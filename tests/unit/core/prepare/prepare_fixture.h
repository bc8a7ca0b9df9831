// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "core/os/device_numbers.h"
#include "core/prepare/prepare.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

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

  TempTree tree_;
};

// The same with the driver running, for what needs the right to make device nodes.
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

}  // namespace nvinject::testing
