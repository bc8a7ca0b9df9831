// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/offer.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "core/base/text.h"
#include "core/grant/allocation.h"
#include "core/plan/capability_table.h"
#include "core/request/capability.h"

namespace nvinject::nri {
namespace {

// A GPU in MIG mode has devices of its own, and is none.
bool can_be_given(const Gpu& gpu) {
  return gpu.broken.empty() && !gpu.excluded && !gpu.mig_enabled && !gpu.uuid.empty();
}

OfferedGpu* find_by_uuid(std::vector<OfferedGpu>& gpus, std::string_view uuid) {
  const auto found = std::find_if(gpus.begin(), gpus.end(),
                                  [&](const OfferedGpu& gpu) { return gpu.uuid == uuid; });
  return found == gpus.end() ? nullptr : &*found;
}

// What whoever names none has, and what most images name.
constexpr CapabilitySet kUsual = {Capability::kCompute, Capability::kUtility};

bool has_control_node(const Inventory& inventory, std::string_view name) {
  return std::any_of(inventory.control_nodes.begin(), inventory.control_nodes.end(),
                     [&](const ControlNode& node) { return node.name == name; });
}

}  // namespace

std::string why_none_can_be_given(const Inventory& inventory) {
  if (!inventory.kernel_module_loaded) return "the kernel module nvidia is not loaded";
  for (const NodeRow& row : node_table()) {
    if (row.need != Need::kRequired || !row.capabilities.intersects(kUsual)) continue;
    if (has_control_node(inventory, row.name)) continue;
    const std::string module(row.name == "nvidiactl" ? "nvidia" : row.name);
    return "/dev/" + std::string(row.name) +
           ", which every container with a GPU needs, is neither there nor offered by a loaded "
           "driver: on the node run 'modprobe " +
           module + "', at each boot (modules-load.d), or 'nvinject prepare', and see its log";
  }
  return {};
}

std::vector<OfferedGpu> offered_gpus(const Inventory& inventory,
                                     const std::vector<OfferedGpu>& before) {
  std::vector<OfferedGpu> gpus = before;
  for (OfferedGpu& gpu : gpus) gpu.healthy = false;
  for (const Gpu& gpu : inventory.gpus) {
    if (!can_be_given(gpu)) continue;
    OfferedGpu* offered = find_by_uuid(gpus, gpu.uuid);
    if (offered == nullptr) offered = &gpus.emplace_back(OfferedGpu{.uuid = gpu.uuid});
    offered->index = gpu.index;
    offered->healthy = inventory.kernel_module_loaded;
  }
  // One that is gone may have had the index of one that has come.
  std::sort(gpus.begin(), gpus.end(), [](const OfferedGpu& a, const OfferedGpu& b) {
    return std::tie(a.index, a.uuid) < std::tie(b.index, b.uuid);
  });
  return gpus;
}

std::vector<OfferedDevice> devices_of(const Offer& offer) {
  std::vector<OfferedDevice> devices;
  devices.reserve(offer.gpus.size() * offer.replicas);
  for (const OfferedGpu& gpu : offer.gpus) {
    if (offer.replicas == 1) devices.push_back({.id = gpu.uuid, .gpu = &gpu});
    for (unsigned replica = 0; offer.replicas > 1 && replica < offer.replicas; ++replica) {
      devices.push_back({.id = gpu.uuid + "::" + std::to_string(replica), .gpu = &gpu});
    }
  }
  return devices;
}

const OfferedGpu* find_device(const Offer& offer, const std::string& id) {
  const std::string_view uuid = without_replica(id);
  const auto found = std::find_if(offer.gpus.begin(), offer.gpus.end(),
                                  [&](const OfferedGpu& gpu) { return gpu.uuid == uuid; });
  if (found == offer.gpus.end()) return nullptr;
  const bool is_replica = uuid.size() != id.size();
  if (is_replica != (offer.replicas > 1)) return nullptr;
  if (!is_replica) return &*found;
  const auto replica = parse_unsigned<unsigned>(std::string_view(id).substr(uuid.size() + 2));
  return replica && *replica < offer.replicas ? &*found : nullptr;
}

}  // namespace nvinject::nri
