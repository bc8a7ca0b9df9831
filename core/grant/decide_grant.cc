// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/grant/find_mig_device.h"
#include "core/grant/grant.h"
#include "core/grant/grant_extras.h"
#include "core/grant/objection.h"
#include "core/grant/select_gpus.h"
#include "core/inventory/lookup.h"

namespace nvinject {
namespace {

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

// Whether the probe may know a name that the scan does not: UUIDs of GPUs that were never used, and
// all but the old names of MIG devices, which need the UUID of their GPU.
bool probe_may_know(const GpuRequest& request, const Inventory& inventory) {
  const bool some_unnamed = std::any_of(inventory.gpus.begin(), inventory.gpus.end(), lacks_uuid);
  const bool some_mig_unnamed = lacks_mig_facts(inventory);
  return std::any_of(request.devices.begin(), request.devices.end(), [&](const DeviceId& id) {
    const auto plain = plain_device_id(id);
    if (!plain) return false;
    if (names_mig_device(*plain)) return some_mig_unnamed || some_unnamed;
    return plain->kind == DeviceIdKind::kUuid && some_unnamed;
  });
}

std::string name_of(const Gpu& gpu) { return "GPU " + std::to_string(gpu.index); }

void grant_devices(const Selection& selection, const std::string& reason, Grant& grant) {
  for (const Gpu* const gpu : selection.gpus) {
    GrantedGpu granted{.gpu = *gpu, .reason = reason};
    grant.decisions.push_back({name_of(*gpu), "granted", reason});
    for (const SelectedMig& mig : selection.mig_devices) {
      if (mig.gpu != gpu) continue;
      granted.mig_devices.push_back(*mig.device);
      grant.decisions.push_back({name_of(mig), "granted", reason});
    }
    if (!gpu->mig_devices.empty() && granted.mig_devices.empty()) {
      grant.decisions.push_back({name_of(*gpu), "without MIG devices",
                                 "it is in MIG mode and none of them was asked for: CUDA finds "
                                 "nothing to compute on"});
    }
    grant.gpus.push_back(std::move(granted));
  }
}

}  // namespace

Evidence evidence_needed(const GpuRequest& request, const Asker& asker,
                         const Inventory& inventory) {
  // Nobody starts a program for who gets nothing anyway.
  if (request.empty() || !check_authority(request, asker)) return Evidence::kNothing;
  const auto selection = select_gpus(request, inventory);
  if (!selection) {
    return selection.error().code == ErrorCode::kNotFound && probe_may_know(request, inventory)
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
  NVINJECT_ASSIGN_OR_RETURN(Selection selection, select_gpus(request, inventory));
  NVINJECT_RETURN_IF_ERROR(check_requirements(request, inventory, selection.gpus));
  grant.scope = request.scope;
  grant.capabilities = request.capabilities;
  grant.decisions = std::move(selection.decisions);
  const std::string reason =
      "asked for by " + request.source + (asker.privileged ? ", privileged container" : "");
  grant_devices(selection, reason, grant);
  NVINJECT_RETURN_IF_ERROR(grant_extras(request, selection, inventory, grant));
  return grant;
}

}  // namespace nvinject
