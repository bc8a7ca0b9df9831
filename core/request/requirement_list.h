// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which requirements a container sets: NVIDIA_REQUIRE_… and, for a legacy image, its CUDA version.

#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/request/gpu_request.h"
#include "core/request/request_inputs.h"

namespace nvinject {

// Sorted by variable. Empty when they are switched off, with a decision for each.
[[nodiscard]] Result<std::vector<Requirement>> parse_requirement_list(const RequestInputs& inputs,
                                                                      Decisions& decisions);

}  // namespace nvinject
