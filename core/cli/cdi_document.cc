// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_document.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/base/text.h"
#include "core/grant/find_mig_device.h"
#include "core/grant/grant.h"
#include "core/inventory/complete_inventory.h"
#include "core/inventory/lookup.h"
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

// By the name that needs nothing of what only the probe knows.
DeviceId id_of(const Gpu& gpu, const MigDevice& device) {
  return {.kind = DeviceIdKind::kMigUuid,
          .text = "MIG-" + gpu.uuid + "/" + std::to_string(device.gpu_instance) + "/" +
                  std::to_string(device.compute_instance)};
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

// What has a plan of its own: a GPU, or a MIG device.
struct Offer {
  std::string subject;  // "GPU 0"
  DeviceId id;
  CdiNames names;
};

// A GPU in MIG mode is offered as its MIG devices: CUDA finds nothing to compute on in it as a
// whole, and `all` must not mean it.
bool is_offered_by_parts(const Gpu& gpu) { return gpu.mig_enabled && gpu.broken.empty(); }

std::vector<Offer> offers_of(const Gpu& gpu, const CdiNamings& namings) {
  if (!is_offered_by_parts(gpu)) {
    return {{.subject = name_of(gpu), .id = id_of(gpu), .names = cdi_names_of(gpu, namings)}};
  }
  std::vector<Offer> offers;
  offers.reserve(gpu.mig_devices.size());
  for (const MigDevice& device : gpu.mig_devices) {
    offers.push_back({.subject = nvinject::name_of({&gpu, &device}),
                      .id = id_of(gpu, device),
                      .names = cdi_names_of(gpu, device, namings)});
  }
  return offers;
}

// The devices of a file, one after the other.
class Offering {
 public:
  Offering(const Planner& planner, CapabilitySet capabilities, CdiDocument& document)
      : planner_(planner), capabilities_(capabilities), document_(document) {}

  void add(const Gpu& gpu, const CdiNamings& namings) {
    const bool by_parts = is_offered_by_parts(gpu);
    if (by_parts && gpu.mig_devices.empty()) {
      return leave_out(name_of(gpu), "it is in MIG mode and has no MIG devices");
    }
    if (by_parts && gpu.uuid.empty()) {
      return leave_out(name_of(gpu), "it is in MIG mode, and the driver did not tell its UUID");
    }
    if (by_parts) {
      document_.limits.push_back(
          {name_of(gpu), "not named as a whole", "it is in MIG mode: its MIG devices have names"});
    }
    for (Offer& offer : offers_of(gpu, namings)) {
      if (add(std::move(offer))) ++(by_parts ? document_.mig_devices : document_.gpus);
    }
  }

  // The last one is all of them.
  [[nodiscard]] Result<std::vector<CdiDevicePlan>> take() {
    if (all_.empty()) {
      const Decision& last = document_.decisions.back();
      return fail(ErrorCode::kUnavailable, "make a CDI file: no GPU can be given to anybody; " +
                                               last.subject + ": " + last.reason);
    }
    NVINJECT_ASSIGN_OR_RETURN(InjectionPlan plan, planner_.plan(std::move(all_), capabilities_));
    devices_.push_back({.names = {"all"}, .plan = std::move(plan)});
    return std::move(devices_);
  }

 private:
  void leave_out(std::string subject, std::string why) {
    document_.decisions.push_back({std::move(subject), "left out", std::move(why)});
  }

  bool add(Offer offer) {
    auto plan = planner_.plan({offer.id}, capabilities_);
    if (!plan) {
      leave_out(offer.subject, plan.error().message);
      return false;
    }
    all_.push_back(std::move(offer.id));
    if (!offer.names.missing.empty()) {
      document_.decisions.push_back(
          {offer.subject, "without a name by " + join(offer.names.missing, " and by "),
           offer.names.names.empty() ? "the driver did not tell it: only 'all' has this device"
                                     : "the driver did not tell it"});
    }
    if (!offer.names.names.empty()) {
      devices_.push_back({.names = std::move(offer.names.names), .plan = *std::move(plan)});
    }
    return true;
  }

  const Planner& planner_;
  CapabilitySet capabilities_;
  CdiDocument& document_;
  std::vector<DeviceId> all_;
  std::vector<CdiDevicePlan> devices_;
};

}  // namespace

bool knows_every_name(const Inventory& inventory) {
  return std::none_of(inventory.gpus.begin(), inventory.gpus.end(), lacks_uuid) &&
         !lacks_mig_facts(inventory);
}

Result<Inventory> look_for_cdi(const Config& config, MayPrepare may_prepare, Decisions& notes) {
  NVINJECT_ASSIGN_OR_RETURN(
      Inventory inventory,
      look_at_machine(config.roots, wanted_files(kOffered),
                      config.load_kernel_modules ? may_prepare : MayPrepare::kNo, notes));
  if (knows_every_name(inventory)) return inventory;
  const auto known = static_cast<std::ptrdiff_t>(inventory.findings.size());
  auto complete = complete_inventory(inventory, config.roots, {});
  if (!complete) {
    notes.push_back({"UUIDs and indices", "not all known", complete.error().message});
    return inventory;
  }
  notes.insert(notes.end(), complete->findings.begin() + known, complete->findings.end());
  return complete;
}

Result<CdiDocument> make_cdi_document(const Inventory& inventory, const Config& config,
                                      const CdiDocumentOptions& options) {
  const Planner planner(inventory, config);
  CdiDocument document;
  NVINJECT_ASSIGN_OR_RETURN(
      const CapabilitySet capabilities,
      find_served(planner, kOffered & config.accept.supported, document.decisions));
  NVINJECT_ASSIGN_OR_RETURN(const InjectionPlan common, planner.plan({}, capabilities));
  if (inventory.gpus.empty()) {
    return fail(ErrorCode::kUnavailable, "make a CDI file: the driver shows no GPU");
  }
  Offering offering(planner, capabilities, document);
  for (const Gpu& gpu : inventory.gpus) offering.add(gpu, options.namings);
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<CdiDevicePlan> devices, offering.take());
  const CdiHookCall hook{
      .program = options.hook_program,
      .args = hook_arguments(inventory, common, cuda_compat_of(capabilities, config.policy))};
  RenderedCdi rendered = make_cdi_spec(common, devices, hook);
  document.spec = std::move(rendered.spec);
  document.limits.insert(document.limits.end(), rendered.decisions.begin(),
                         rendered.decisions.end());
  return document;
}

}  // namespace nvinject::cli
