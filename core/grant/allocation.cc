// SPDX-License-Identifier: Apache-2.0
#include "core/grant/allocation.h"

#include <algorithm>

namespace nvinject {

bool is_gpu_resource(std::string_view resource) {
  return resource == "nvidia.com/gpu" || resource == "nvidia.com/gpu.shared" ||
         resource.starts_with("nvidia.com/mig-");
}

std::string_view without_replica(std::string_view device_id) {
  return device_id.substr(0, device_id.find("::"));
}

void add_device(Allocation& allocation, std::string_view device_id) {
  const std::string_view device = without_replica(device_id);
  auto& devices = allocation.devices;
  if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
    devices.emplace_back(device);
  }
}

}  // namespace nvinject
