// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one container asks for, and whose word counts for it.

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/grant/allocation.h"
#include "core/grant/grant.h"
#include "core/grant/who_may.h"
#include "core/request/gpu_request.h"
#include "nri-plugin/container/question.h"

namespace nvinject::nri {

struct Ask {
  GpuRequest request;              // as far as it can be understood
  std::optional<Error> malformed;  // why it cannot be
  Asker asker;
  bool gated = false;               // it carries our device plugin's gate
  std::optional<std::string> hint;  // core/grant/allocated_request.h
  bool declines = false;            // "void"
};

[[nodiscard]] PodIdentity pod_identity(const ContainerIdentity& who);

[[nodiscard]] Ask read_ask(const Question& question, const Config& config);

// Not even by carrying the gate, which asks for what was allocated.
[[nodiscard]] bool asks_for_nothing(const Ask& ask);

// For an asker of Authority::kAllocation: the ask that counts, made of what the kubelet allocated;
// empty for a container that has an allocation and declines it. kDenied: nothing was allocated, or
// that cannot be known and nothing says that it was. kUnavailable: something says so. Any other
// error: a malformed request.
[[nodiscard]] Result<Ask> entitled_ask(const Question& question, const Ask& ask,
                                       const Config& config, const Result<Allocation>& allocation);

}  // namespace nvinject::nri
