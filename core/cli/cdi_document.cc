// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_document.h"

#include <algorithm>
#include <utility>

#include "core/grant/grant.h"
#include "core/inventory/complete_inventory.h"
#include "core/plan/capability_table.h"
#include "core/plan/plan.h"
#include "core/render/cdi_spec.h"
#include "core/render/hook_command.h"
#include "core/request/gpu_request.h"

namespace nvinject::cli {
namespace {

constexpr const char* kAskedBy = "nvinject cdi generate";

// A file is for all containers, and few are of 32 bits: those have the other ways.
constexpr CapabilitySet kOffered = {Capability::kCompute,  Capability::kDisplay,
                                    Capability::kGraphics, Capability::kNgx,
                                    Capability::kUtility,  Capability::kVideo};

std::string name_of(const Gpu& gpu) { return "GPU " + std::to_string(gpu.index); }

DeviceId id_of(const Gpu& gpu) {
  return {.kind = DeviceIdKind::kIndex, .text = std::to_string(gpu.index), .gpu = gpu.index};
}

// The image is not known when the file is written. A hook makes the image's cache right or nobody
// does: a search path would replace that of the image.
Policy policy_for_cdi(const Config& config) {
  Policy policy = config.policy;
  policy.ld_cache = LdCachePolicy::kByHook;
  return policy;
}

class Planner {
 public:
  Planner(const Inventory& inventory, const Config& config)
      : inventory_(inventory), policy_(policy_for_cdi(config)) {}

  [[nodiscard]] Result<InjectionPlan> plan(std::vector<DeviceId> devices,
                                           CapabilitySet capabilities) const {
    GpuRequest request;
    request.scope = devices.empty() ? DeviceScope::kDriverOnly : DeviceScope::kListed;
    request.devices = std::move(devices);
    request.source = kAskedBy;
    request.capabilities = capabilities;
    NVINJECT_ASSIGN_OR_RETURN(
        const Grant grant, decide_grant(request, {.authority = Authority::kRequest}, inventory_));
    return make_plan(grant, inventory_, ImageFacts{}, policy_);
  }

 private:
  const Inventory& inventory_;
  Policy policy_;
};

// A driver may be installed without its display libraries: the file offers what is there.
Result<CapabilitySet> find_served(const Planner& planner, CapabilitySet wanted,
                                  Decisions& decisions) {
  CapabilitySet served;
  std::optional<Error> first;
  for (const CapabilityName& row : kCapabilityNames) {
    if (!wanted.has(row.capability)) continue;
    if (const auto planned = planner.plan({}, {row.capability})) {
      served.add(row.capability);
    } else {
      decisions.push_back({std::string(row.name), "left out", planned.error().message});
      if (!first) first = planned.error();
    }
  }
  if (served.empty() && first) return tl::unexpected(*std::move(first));
  if (served.empty()) {
    return fail(ErrorCode::kUnavailable,
                "make a CDI file: supported-driver-capabilities of the config leaves nothing");
  }
  return served;
}

std::vector<std::string> names_of(const Gpu& gpu) {
  std::vector<std::string> names = {std::to_string(gpu.index)};
  if (!gpu.uuid.empty()) names.push_back(gpu.uuid);
  return names;
}

struct GpuPlans {
  std::vector<CdiDevicePlan> devices;  // the last one: all of them
  std::vector<unsigned> gpus;
};

Result<GpuPlans> plan_gpus(const Planner& planner, const Inventory& inventory,
                           CapabilitySet capabilities, Decisions& decisions) {
  GpuPlans plans;
  std::vector<DeviceId> all;
  for (const Gpu& gpu : inventory.gpus) {
    auto plan = planner.plan({id_of(gpu)}, capabilities);
    if (!plan) {
      decisions.push_back({name_of(gpu), "left out", plan.error().message});
      continue;
    }
    all.push_back(id_of(gpu));
    plans.gpus.push_back(gpu.index);
    plans.devices.push_back({.names = names_of(gpu), .plan = *std::move(plan)});
  }
  if (all.empty()) {
    return fail(ErrorCode::kUnavailable, inventory.gpus.empty()
                                             ? "make a CDI file: the driver shows no GPU"
                                             : "make a CDI file: no GPU can be given to anybody; " +
                                                   decisions.back().subject + ": " +
                                                   decisions.back().reason);
  }
  NVINJECT_ASSIGN_OR_RETURN(InjectionPlan plan, planner.plan(std::move(all), capabilities));
  plans.devices.push_back({.names = {"all"}, .plan = std::move(plan)});
  return plans;
}

bool lacks_uuid(const Gpu& gpu) { return gpu.uuid.empty() && gpu.broken.empty(); }

}  // namespace

Result<Inventory> look_for_cdi(const Config& config, MayPrepare may_prepare, Decisions& notes) {
  NVINJECT_ASSIGN_OR_RETURN(
      Inventory inventory,
      look_at_machine(config.roots, wanted_files(kOffered),
                      config.load_kernel_modules ? may_prepare : MayPrepare::kNo, notes));
  if (std::none_of(inventory.gpus.begin(), inventory.gpus.end(), lacks_uuid)) return inventory;
  auto complete = complete_inventory(inventory, config.roots, {});
  if (complete) return complete;
  notes.push_back({"UUIDs", "not all known", complete.error().message});
  return inventory;
}

Result<CdiDocument> make_cdi_document(const Inventory& inventory, const Config& config,
                                      const std::string& hook_program) {
  const Planner planner(inventory, config);
  CdiDocument document;
  NVINJECT_ASSIGN_OR_RETURN(
      const CapabilitySet capabilities,
      find_served(planner, kOffered & config.accept.supported, document.decisions));
  NVINJECT_ASSIGN_OR_RETURN(const InjectionPlan common, planner.plan({}, capabilities));
  NVINJECT_ASSIGN_OR_RETURN(GpuPlans plans,
                            plan_gpus(planner, inventory, capabilities, document.decisions));
  const CdiHookCall hook{
      .program = hook_program,
      .args = hook_arguments(inventory, common, cuda_compat_of(capabilities, config.policy))};
  RenderedCdi rendered = make_cdi_spec(common, plans.devices, hook);
  document.spec = std::move(rendered.spec);
  document.limits = std::move(rendered.decisions);
  document.gpus = std::move(plans.gpus);
  return document;
}

}  // namespace nvinject::cli
