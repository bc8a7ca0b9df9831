// SPDX-License-Identifier: Apache-2.0
#include "core/grant/objection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/grant/possible_brands.h"

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

// An unknown brand makes no difference where all that the GPU may be come to the same.
RequirementOutcome judge(const Requirement& requirement, RequirementFacts facts, const Gpu* gpu) {
  RequirementOutcome outcome = evaluate_requirement(requirement.expression, facts);
  if (outcome.state != RequirementState::kUnknown || gpu == nullptr || facts.brand) return outcome;
  std::vector<RequirementOutcome> possible;
  for (const std::string_view brand : possible_brands(gpu->model)) {
    facts.brand = brand;
    possible.push_back(evaluate_requirement(requirement.expression, facts));
  }
  const bool all_the_same =
      std::equal(possible.begin() + (possible.empty() ? 0 : 1), possible.end(), possible.begin());
  return possible.empty() || !all_the_same ? std::move(outcome) : std::move(possible.front());
}

}  // namespace

Objection find_objection(const GpuRequest& request, const Inventory& inventory,
                         const std::vector<const Gpu*>& gpus) {
  std::vector<const Gpu*> judged = gpus;
  if (judged.empty()) judged.push_back(nullptr);
  for (const Gpu* const gpu : judged) {
    const RequirementFacts facts = facts_of(inventory, gpu);
    for (const Requirement& requirement : request.requirements) {
      RequirementOutcome outcome = judge(requirement, facts, gpu);
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

}  // namespace nvinject
