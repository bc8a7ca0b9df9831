// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/grant/grant.h"
#include "core/grant/select_gpus.h"
#include "core/request/requirement.h"

namespace nvinject {
namespace {

RequirementFacts facts_of(const Inventory& inventory, const Gpu* gpu) {
  RequirementFacts facts;
  facts.cuda = inventory.cuda_version;
  facts.driver = inventory.driver_version;
  facts.no_device = gpu == nullptr;
  if (gpu != nullptr) {
    facts.arch = gpu->architecture;
    facts.brand = gpu->brand;
  }
  return facts;
}

// The first requirement that is not satisfied, judged for every selected GPU, or once without one.
struct Objection {
  const Requirement* requirement = nullptr;
  RequirementOutcome outcome;
};

Objection find_objection(const GpuRequest& request, const Inventory& inventory,
                         const std::vector<const Gpu*>& gpus) {
  std::vector<const Gpu*> judged = gpus;
  if (judged.empty()) judged.push_back(nullptr);
  for (const Gpu* const gpu : judged) {
    const RequirementFacts facts = facts_of(inventory, gpu);
    for (const Requirement& requirement : request.requirements) {
      RequirementOutcome outcome = evaluate_requirement(requirement.expression, facts);
      if (outcome.state != RequirementState::kSatisfied) return {&requirement, std::move(outcome)};
    }
  }
  return {};
}

Result<void> check_requirements(const GpuRequest& request, const Inventory& inventory,
                                const std::vector<const Gpu*>& gpus) {
  const Objection objection = find_objection(request, inventory, gpus);
  if (objection.requirement == nullptr) return {};
  const std::string asked =
      objection.requirement->variable + "=" + quote(objection.requirement->expression);
  switch (objection.outcome.state) {
    case RequirementState::kInvalid:
      return fail(ErrorCode::kInvalidRequest,
                  describe_outcome(objection.outcome) + " (" + asked + ")");
    case RequirementState::kUnknown:
      return fail(ErrorCode::kUnavailable, "requirement error: " + asked + " depends on '" +
                                               objection.outcome.text +
                                               "', which the driver did not tell");
    default:
      return fail(ErrorCode::kUnavailable, describe_outcome(objection.outcome) + " (" + asked +
                                               "; this node has driver " +
                                               inventory.driver_version + ", CUDA " +
                                               inventory.cuda_version.value_or("unknown") + ")");
  }
}

tl::unexpected<Error> not_offered(const std::string& what) {
  return fail(ErrorCode::kUnsupported, what + " is not offered by this version of nvinject");
}

Result<void> check_extras(const ExtraRequests& extras) {
  if (!extras.mig_config.empty()) {
    return not_offered("NVIDIA_MIG_CONFIG_DEVICES=" + quote(extras.mig_config));
  }
  if (!extras.mig_monitor.empty()) {
    return not_offered("NVIDIA_MIG_MONITOR_DEVICES=" + quote(extras.mig_monitor));
  }
  if (!extras.imex_channels.empty()) {
    return not_offered("IMEX channel " + quote(extras.imex_channels.front()));
  }
  if (!extras.gates.empty()) return not_offered(extras.gates.front() + "='enabled'");
  return {};
}

// "GPU '0,3' asked for by NVIDIA_VISIBLE_DEVICES"
std::string describe_asked(const GpuRequest& request) {
  const std::string by = " asked for by " + request.source;
  if (request.scope == DeviceScope::kAll) return "all GPUs" + by;
  if (request.scope == DeviceScope::kDriverOnly) return "the driver" + by;
  return "GPU " + quote(join(request.words(), ",")) + by;
}

// Before anything else is looked at: whoever may not have a GPU learns nothing about the node's.
Result<void> check_authority(const GpuRequest& request, const Asker& asker) {
  if (asker.authority == Authority::kRequest) return {};
  return fail(ErrorCode::kDenied,
              describe_asked(request) +
                  ": the kubelet allocated none to this container: name nvidia.com/gpu in its "
                  "resource limits; or set nvinject.policy.mode = \"env\" on machines where "
                  "everybody may have every GPU, or name the pod's namespace in "
                  "nvinject.policy.management-namespaces");
}

bool names_uuid(const DeviceId& id) {
  if (id.kind == DeviceIdKind::kUuid) return true;
  if (id.kind != DeviceIdKind::kCdiName) return false;
  const auto name = gpu_of_cdi_name(id.text);
  if (!name) return false;
  const auto plain = parse_device_id(*name);
  return plain && plain->kind == DeviceIdKind::kUuid;
}

}  // namespace

Evidence evidence_needed(const GpuRequest& request, const Asker& asker,
                         const Inventory& inventory) {
  // Nobody starts a program for who gets nothing anyway.
  if (request.empty() || !check_authority(request, asker)) return Evidence::kNothing;
  const auto selection = select_gpus(request, inventory);
  if (!selection) {
    // A UUID that no GPU shows may belong to one that shows none yet.
    const bool some_unnamed =
        std::any_of(inventory.gpus.begin(), inventory.gpus.end(),
                    [](const Gpu& gpu) { return gpu.uuid.empty() && gpu.broken.empty(); });
    const bool uuid_asked = std::any_of(request.devices.begin(), request.devices.end(), names_uuid);
    return some_unnamed && uuid_asked && selection.error().code == ErrorCode::kNotFound
               ? Evidence::kProbe
               : Evidence::kNothing;
  }
  const Objection objection = find_objection(request, inventory, selection->gpus);
  return objection.outcome.state == RequirementState::kUnknown ? Evidence::kProbe
                                                               : Evidence::kNothing;
}

Result<Grant> decide_grant(const GpuRequest& request, const Asker& asker,
                           const Inventory& inventory) {
  Grant grant;
  if (request.empty()) return grant;
  NVINJECT_RETURN_IF_ERROR(check_authority(request, asker));
  if (!inventory.kernel_module_loaded) {
    const std::string libraries =
        inventory.driver_version.empty()
            ? "no driver library below "
            : "libraries of driver " + inventory.driver_version + " below ";
    return fail(ErrorCode::kUnavailable,
                describe_asked(request) + ": the NVIDIA kernel module is not loaded (" + libraries +
                    quote(inventory.driver_root.string()) +
                    "): 'nvinject prepare' loads it, or says why it cannot");
  }
  NVINJECT_RETURN_IF_ERROR(check_extras(request.extras));
  NVINJECT_ASSIGN_OR_RETURN(Selection selection, select_gpus(request, inventory));
  NVINJECT_RETURN_IF_ERROR(check_requirements(request, inventory, selection.gpus));
  grant.scope = request.scope;
  grant.capabilities = request.capabilities;
  grant.decisions = std::move(selection.decisions);
  const std::string reason =
      "asked for by " + request.source + (asker.privileged ? ", privileged container" : "");
  for (const Gpu* const gpu : selection.gpus) {
    grant.gpus.push_back({.gpu = *gpu, .reason = reason});
    grant.decisions.push_back({"GPU " + std::to_string(gpu->index), "granted", reason});
  }
  return grant;
}

}  // namespace nvinject
