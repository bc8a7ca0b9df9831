// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is asked besides GPUs and only together with them: MIG management, IMEX channels, gated
// devices.

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/request/gpu_request.h"
#include "core/request/request_inputs.h"

namespace nvinject {

[[nodiscard]] Result<ExtraRequests> parse_extra_requests(const RequestInputs& inputs,
                                                         Decisions& decisions);

}  // namespace nvinject
