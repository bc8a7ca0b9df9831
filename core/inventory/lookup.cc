// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/lookup.h"

#include <algorithm>

namespace nvinject {
namespace {

std::string directory_of(const Gpu& gpu, const MigDevice& device) {
  return "gpu" + std::to_string(gpu.minor.value_or(0)) + "/mig/gi" +
         std::to_string(device.gpu_instance);
}

}  // namespace

bool lacks_uuid(const Gpu& gpu) { return gpu.uuid.empty() && gpu.broken.empty(); }

std::string gpu_instance_file(const Gpu& gpu, const MigDevice& device) {
  return directory_of(gpu, device) + "/access";
}

std::string compute_instance_file(const Gpu& gpu, const MigDevice& device) {
  return directory_of(gpu, device) + "/ci" + std::to_string(device.compute_instance) + "/access";
}

const MigCapability* find_mig_capability(const Inventory& inventory, std::string_view name) {
  const auto& all = inventory.mig_capabilities;
  const auto found = std::find_if(all.begin(), all.end(), [&](const MigCapability& capability) {
    return capability.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

std::optional<DeviceNodeFacts> find_imex_channel(const ImexChannels& channels, unsigned number) {
  if (const auto node = channels.nodes.find(number); node != channels.nodes.end()) {
    return node->second;
  }
  if (number >= channels.offered || !channels.made) return std::nullopt;
  DeviceNodeFacts node = *channels.made;
  node.number.minor = number;
  return node;
}

}  // namespace nvinject
