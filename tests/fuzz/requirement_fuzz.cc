// SPDX-License-Identifier: Apache-2.0
// One expression, evaluated with all facts and with each of them missing. An outcome that does not
// need a fact must be the outcome whatever that fact is.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/request/requirement.h"

namespace {

using namespace nvinject;

void check_without(std::optional<std::string> RequirementFacts::* fact, std::string_view expression,
                   const RequirementFacts& node, const RequirementOutcome& outcome) {
  RequirementFacts less = node;
  (less.*fact).reset();
  const RequirementOutcome guess = evaluate_requirement(expression, less);
  if (guess.state != RequirementState::kUnknown && guess != outcome) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view expression(reinterpret_cast<const char*>(data), size);
  const RequirementFacts node = {
      .cuda = "11.4", .driver = "470.82.01", .arch = "8.0", .brand = "Tesla"};
  const RequirementOutcome outcome = evaluate_requirement(expression, node);
  if (outcome.state == RequirementState::kUnknown) std::abort();
  if (describe_outcome(outcome).find('\n') != std::string::npos) std::abort();

  check_without(&RequirementFacts::cuda, expression, node, outcome);
  check_without(&RequirementFacts::driver, expression, node, outcome);
  check_without(&RequirementFacts::arch, expression, node, outcome);
  check_without(&RequirementFacts::brand, expression, node, outcome);
  static_cast<void>(evaluate_requirement(expression, {.no_device = true}));
  return 0;
}
