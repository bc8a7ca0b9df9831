// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of a sound node with driver 550.163.01, for stages that look at no machine.

#include <string>
#include <utility>
#include <vector>

#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"

namespace nvinject::testing {

inline Gpu sample_gpu(unsigned index) {
  Gpu gpu;
  gpu.index = index;
  gpu.bus_id = "00000000:" + std::to_string(index + 1) + "0:00.0";
  gpu.uuid =
      "GPU-" + std::string(8, static_cast<char>('a' + index)) + "-0000-4000-8000-000000000000";
  gpu.model = "NVIDIA H100 80GB HBM3";
  gpu.minor = index;
  gpu.node = DeviceNodeFacts{.number = {195, index}};
  return gpu;
}

inline Library sample_library(std::string name, std::string soname,
                              ElfClass elf_class = ElfClass::k64) {
  HostPath path("/usr/" + std::string(elf_class == ElfClass::k64 ? "lib64/" : "lib32/") + name +
                ".so.550.163.01");
  return {.name = std::move(name),
          .soname = std::move(soname),
          .host_path = std::move(path),
          .elf_class = elf_class};
}

inline Inventory sample_inventory(unsigned gpus = 4) {
  Inventory inventory;
  inventory.driver_version = "550.163.01";
  inventory.kernel_module_loaded = true;
  inventory.cuda_version = "12.4";
  inventory.driver_root = HostPath("/");
  for (unsigned index = 0; index < gpus; ++index) inventory.gpus.push_back(sample_gpu(index));
  inventory.control_nodes = {{"nvidiactl", {.number = {195, 255}}},
                             {"nvidia-uvm", {.number = {511, 0}}},
                             {"nvidia-uvm-tools", {.number = {511, 1}}},
                             {"nvidia-modeset", {.number = {195, 254}}}};
  inventory.libraries = {sample_library("libnvidia-ml", "libnvidia-ml.so.1"),
                         sample_library("libcuda", "libcuda.so.1"),
                         sample_library("libnvidia-nvvm", "libnvidia-nvvm.so.4"),
                         sample_library("libnvidia-encode", "libnvidia-encode.so.1"),
                         sample_library("libGLX_nvidia", "libGLX_nvidia.so.0"),
                         sample_library("libnvidia-ngx", "libnvidia-ngx.so.1"),
                         sample_library("libcuda", "libcuda.so.1", ElfClass::k32)};
  inventory.programs = {{"nvidia-smi", HostPath("/usr/bin/nvidia-smi")},
                        {"nvidia-cuda-mps-control", HostPath("/usr/bin/nvidia-cuda-mps-control")}};
  inventory.sockets = {{"/run/nvidia-persistenced/socket",
                        HostPath("/run/nvidia-persistenced/socket"),
                        DriverPath("/run/nvidia-persistenced/socket")}};
  return inventory;
}

// The right that MIG of driver 550 shows under that name, and its node.
inline void add_mig_capability(Inventory& inventory, std::string name, unsigned minor) {
  inventory.mig_capabilities.push_back(
      {.name = std::move(name),
       .minor = minor,
       .node = DeviceNodeFacts{.number = {510, minor}, .mode = 0444}});
}

// GPU 1 in MIG mode with two devices: 7/0, which is "1:0", and 9/0, which is "1:2". Their rights
// have the nodes nvidia-cap107, 117, 109 and 119.
inline Inventory sample_mig_inventory() {
  Inventory inventory = sample_inventory(3);
  Gpu& gpu = inventory.gpus[1];
  gpu.mig_enabled = true;
  gpu.mig_devices = {{.uuid = "MIG-aaaa7777-0000-4000-8000-000000000000",
                      .gpu_instance = 7,
                      .compute_instance = 0,
                      .index = 0},
                     {.uuid = "MIG-bbbb9999-0000-4000-8000-000000000000",
                      .gpu_instance = 9,
                      .compute_instance = 0,
                      .index = 2}};
  add_mig_capability(inventory, "gpu1/mig/gi7/access", 107);
  add_mig_capability(inventory, "gpu1/mig/gi7/ci0/access", 117);
  add_mig_capability(inventory, "gpu1/mig/gi9/access", 109);
  add_mig_capability(inventory, "gpu1/mig/gi9/ci0/access", 119);
  add_mig_capability(inventory, "mig/config", 1);
  add_mig_capability(inventory, "mig/monitor", 2);
  return inventory;
}

// As parse_request gives it for NVIDIA_VISIBLE_DEVICES=all.
inline GpuRequest request_all(CapabilitySet capabilities = {Capability::kCompute,
                                                            Capability::kUtility}) {
  GpuRequest request;
  request.scope = DeviceScope::kAll;
  request.source = "NVIDIA_VISIBLE_DEVICES";
  request.capabilities = capabilities;
  return request;
}

inline GpuRequest request_listed(std::vector<DeviceId> devices) {
  GpuRequest request = request_all();
  request.scope = DeviceScope::kListed;
  request.devices = std::move(devices);
  return request;
}

}  // namespace nvinject::testing
