// SPDX-License-Identifier: Apache-2.0
#include "core/plan/extra_devices.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/inventory/lookup.h"
#include "core/plan/capability_table.h"

namespace nvinject {
namespace {

const std::vector<std::string> kFileOptions = {"ro",     "nosuid", "nodev",
                                               "noexec", "bind",   "rprivate"};

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

Result<void> plan_capability_nodes(const Grant& grant, const Inventory& inventory,
                                   InjectionPlan& plan) {
  for (const std::string& name : granted_capabilities(grant, inventory)) {
    const MigCapability* const capability = find_mig_capability(inventory, name);
    if (capability == nullptr || !capability->node) {
      return fail(ErrorCode::kUnavailable,
                  "MIG needs /proc/driver/nvidia/capabilities/" + name + " and its device node: " +
                      (capability == nullptr
                           ? "the driver does not show the file (any more)"
                           : "there is none, and no driver 'nvidia-caps' in /proc/devices"));
    }
    plan.devices.push_back(
        {.path = ContainerPath("/dev/nvidia-caps/nvidia-cap" + std::to_string(capability->minor)),
         .node = *capability->node});
  }
  return {};
}

void plan_imex_nodes(const Grant& grant, const Inventory& inventory, InjectionPlan& plan) {
  for (const unsigned number : grant.imex_channels) {
    const auto node = find_imex_channel(inventory.imex_channels, number);
    // grant gives no channel without one
    if (!node) continue;
    plan.devices.push_back(
        {.path = ContainerPath("/dev/nvidia-caps-imex-channels/channel" + std::to_string(number)),
         .node = *node});
  }
}

bool has_node(const Inventory& inventory, std::string_view gate) {
  return std::any_of(inventory.gated_nodes.begin(), inventory.gated_nodes.end(),
                     [&](const GatedNode& node) { return node.gate == gate; });
}

void plan_gated_nodes(const Grant& grant, const Inventory& inventory, InjectionPlan& plan) {
  for (const std::string& gate : grant.gates) {
    for (const GatedNode& node : inventory.gated_nodes) {
      if (node.gate != gate) continue;
      plan.devices.push_back({.path = ContainerPath("/dev/" + node.name), .node = node.node});
    }
    if (has_node(inventory, gate)) continue;
    std::vector<std::string> patterns;
    for (const GateRow& row : gate_table()) {
      if (row.gate == gate) patterns.push_back("/dev/" + std::string(row.pattern));
    }
    plan.decisions.push_back({gate, "opens nothing", "no " + join(patterns, ", ") + " here"});
  }
}

}  // namespace

std::vector<std::string> granted_capabilities(const Grant& grant, const Inventory& inventory) {
  const bool manages = grant.mig_config || grant.mig_monitor;
  std::vector<std::string> names;
  if (grant.mig_config) names.emplace_back(kMigConfig);
  if (grant.mig_monitor) names.emplace_back(kMigMonitor);
  for (const GrantedGpu& granted : grant.gpus) {
    for (const MigDevice& device : manages ? granted.gpu.mig_devices : granted.mig_devices) {
      for (std::string name :
           {gpu_instance_file(granted.gpu, device), compute_instance_file(granted.gpu, device)}) {
        // What a manager is to see may be gone by now; what was granted must be there.
        const bool is_there = find_mig_capability(inventory, name) != nullptr;
        if (is_there || !manages) add_once(names, std::move(name));
      }
    }
  }
  return names;
}

Result<void> plan_extra_devices(const Grant& grant, const Inventory& inventory,
                                InjectionPlan& plan) {
  NVINJECT_RETURN_IF_ERROR(plan_capability_nodes(grant, inventory, plan));
  plan_imex_nodes(grant, inventory, plan);
  plan_gated_nodes(grant, inventory, plan);
  return {};
}

void plan_gated_files(const Grant& grant, const Inventory& inventory, InjectionPlan& plan) {
  for (const GateFileRow& row : gate_file_table()) {
    const bool is_open =
        std::find(grant.gates.begin(), grant.gates.end(), row.gate) != grant.gates.end();
    if (!is_open || !has_node(inventory, row.gate)) continue;
    for (const DriverFile& file : inventory.gated_files) {
      if (file.name != row.name) continue;
      plan.mounts.push_back({.source = file.host_path,
                             .destination = ContainerPath(file.name),
                             .options = kFileOptions,
                             .need = Need::kWherePossible});
    }
  }
}

}  // namespace nvinject
