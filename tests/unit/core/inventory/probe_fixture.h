// SPDX-License-Identifier: Apache-2.0
#pragma once

// A node in a temporary tree: driver root with a loader and a C library of its own, procfs, state
// directory, and a probe that behaves as its name says (tests/support/fake_probe.c).

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/inventory/complete_inventory.h"
#include "core/inventory/library_directories.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

// A report of one GPU, the one of ProbeTest::inventory().
inline constexpr std::string_view kOneGpuReport = R"({"schema":1,"driver_version":"550.163.01",
  "cuda_version":"12.4","gpus":[{"bus_id":"00000000:10:00.0","uuid":"GPU-aaaa","minor":0,
  "name":"NVIDIA H200","brand":"Nvidia","architecture":"9.0","mig_capable":true,"mig_enabled":true,
  "mig_devices":[{"uuid":"MIG-bbbb","gpu_instance":1,"compute_instance":0,"index":0}],
  "error":null}],"error":null})";

class ProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    namespace fs = std::filesystem;
    ASSERT_EQ(::chmod(tree_.path().c_str(), 0755), 0);  // the probe runs as somebody else
    tree_.file("proc/sys/kernel/random/boot_id", "2a84b6fb-5c7d-4e87-95e4-00e3fbafbfba\n");
    tree_.file("driver" + library_directories().front() + "/libnvidia-ml.so.1", "no library");
    for (const char* const library : {"libc.so.6", "libdl.so.2"}) {
      for (const std::string& directory : library_directories()) {
        if (!fs::exists(directory + "/" + library)) continue;
        fs::copy_file(directory + "/" + library,
                      tree_.path("driver" + library_directories().front() + "/" + library));
        break;
      }
    }
    copy_program(loader_paths().front(), "driver" + loader_paths().front());
  }

  void copy_program(const std::string& from, const std::string& to) {
    tree_.file(to, "");
    std::filesystem::copy_file(from, tree_.path(to),
                               std::filesystem::copy_options::overwrite_existing);
    ASSERT_EQ(::chmod(tree_.path(to).c_str(), 0755), 0);
  }

  // The probe of that behaviour; `json` is what those print that print a file.
  ProbeOptions probe(const std::string& behaviour, std::string_view json = kOneGpuReport) {
    const std::string program = "probes/" + behaviour;
    copy_program(NVINJECT_FAKE_PROBE, program);
    tree_.file(program + ".json", json);
    for (const char* const suffix : {".runs", ".out"}) {
      tree_.file(program + suffix, "");
      EXPECT_EQ(::chmod(tree_.path(program + suffix).c_str(), 0666), 0);
    }
    return {.program = tree_.host(program), .deadline = std::chrono::seconds(5)};
  }
  [[nodiscard]] std::size_t runs(const std::string& behaviour) const {
    return split(tree_.read("probes/" + behaviour + ".runs"), '\n').size() - 1;
  }

  [[nodiscard]] Roots roots() const {
    Roots roots;
    roots.driver = tree_.host("driver");
    roots.proc = tree_.host("proc");
    roots.sys = tree_.host("sys");
    roots.dev = tree_.host("dev");
    roots.state = tree_.host("state");
    return roots;
  }

  static Inventory inventory() {
    Gpu gpu;
    gpu.bus_id = "00000000:10:00.0";
    gpu.minor = 0;
    gpu.mig_enabled = true;
    gpu.mig_devices = {{.uuid = {}, .gpu_instance = 1, .compute_instance = 0}};
    Inventory inventory;
    inventory.driver_version = "550.163.01";
    inventory.gpus.push_back(gpu);
    return inventory;
  }

  TempTree tree_;
};

}  // namespace nvinject::testing
