// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan said to people: what was asked, what was granted, what will be done, and why.

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/grant/grant.h"
#include "core/json/json.h"
#include "core/plan/plan.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// As far as the stages got: with an error the later parts are empty.
struct Explanation {
  GpuRequest request;
  Grant grant;
  InjectionPlan plan;
  Decisions notes;  // findings of inventory and config that belong to no stage's value
  std::optional<Error> error;
};

[[nodiscard]] std::string explain_as_text(const Explanation& explanation);

// Always with the members "asked", "granted", "plan", "decisions"; "error" only when there is one.
[[nodiscard]] Json explain_as_json(const Explanation& explanation);

}  // namespace nvinject
