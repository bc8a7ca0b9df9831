// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the image requires of the node (NVIDIA_REQUIRE_…, core/request/requirement.h), judged by
// what is known of it.

#include <vector>

#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"
#include "core/request/requirement.h"

namespace nvinject {

// The first requirement that is not satisfied.
struct Objection {
  const Requirement* requirement = nullptr;  // of the request; null: there is none
  RequirementOutcome outcome;
};

// Judged for every selected GPU, or once without one. Where nobody has asked the driver for a GPU's
// brand, its model has to be enough (core/grant/possible_brands.h).
[[nodiscard]] Objection find_objection(const GpuRequest& request, const Inventory& inventory,
                                       const std::vector<const Gpu*>& gpus);

// Ends with an error where there is an objection: kInvalidRequest for what is malformed, else
// kUnavailable with the classic tools' line and what the node has.
[[nodiscard]] Result<void> check_requirements(const GpuRequest& request, const Inventory& inventory,
                                              const std::vector<const Gpu*>& gpus);

}  // namespace nvinject
