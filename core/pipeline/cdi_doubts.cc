// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/cdi_doubts.h"

#include <set>
#include <string>

#include "core/cdi/gpu_nodes.h"
#include "core/grant/grant.h"
#include "core/inventory/scan.h"
#include "core/os/device_numbers.h"
#include "core/plan/extra_devices.h"
#include "core/plan/plan.h"

namespace nvinject {
namespace {

constexpr const char* kRemedy =
    ": 'nvinject cdi check' says more, 'nvinject cdi generate' writes the file anew";

Result<std::set<std::string>> nodes_of(const Grant& grant, const Inventory& inventory) {
  InjectionPlan plan;
  NVINJECT_RETURN_IF_ERROR(plan_extra_devices(grant, inventory, plan));
  std::set<std::string> nodes;
  for (const PlannedDevice& device : plan.devices) nodes.insert(device.path.string());
  for (const GrantedGpu& granted : grant.gpus) {
    if (granted.gpu.minor) nodes.insert("/dev/nvidia" + std::to_string(*granted.gpu.minor));
  }
  return nodes;
}

Result<std::set<std::string>> planned_nodes(const GpuRequest& request, const Inventory& inventory) {
  NVINJECT_ASSIGN_OR_RETURN(const Grant grant, decide_grant(request, {}, inventory));
  return nodes_of(grant, inventory);
}

}  // namespace

Decisions doubt_cdi_files(const std::vector<DeviceId>& names, const CdiEdits& edits,
                          const Roots& roots) {
  if (names.empty()) return {};
  const auto inventory = scan(roots, WantedFiles{}, DeviceNumbers());
  if (!inventory) return {};
  GpuRequest request;
  request.scope = DeviceScope::kListed;
  request.devices = names;
  request.source = "a CDI file";
  if (evidence_needed(request, {}, *inventory) != Evidence::kNothing) return {};
  const auto planned = planned_nodes(request, *inventory);
  if (!planned) return {{kGpuKind, "doubtful", planned.error().message + kRemedy}};
  const std::set<std::string> said = gpu_nodes_of(edits);
  if (said == *planned) return {};
  return {{kGpuKind, "doubtful",
           "the files give " + describe_gpu_nodes(said) + ", this machine has " +
               describe_gpu_nodes(*planned) + " for these names" + kRemedy}};
}

}  // namespace nvinject
