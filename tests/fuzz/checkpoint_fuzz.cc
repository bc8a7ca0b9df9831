// SPDX-License-Identifier: Apache-2.0
// The kubelet's checkpoint. What is taken from it is each device once, without a replica's suffix.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "nri-plugin/pod_resources/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nvinject;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto allocation = nri::allocation_in_checkpoint(
      text, "checkpoint", {.name_space = "n", .pod = "p", .pod_uid = "uid-1", .container = "load"});
  if (!allocation) {
    if (allocation.error().code != ErrorCode::kInvalidRequest) std::abort();
    return 0;
  }
  auto& devices = allocation->devices;
  std::sort(devices.begin(), devices.end());
  if (std::adjacent_find(devices.begin(), devices.end()) != devices.end()) std::abort();
  for (const std::string& device : devices) {
    if (device.find("::") != std::string::npos) std::abort();
  }
  return 0;
}
