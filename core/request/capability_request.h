// SPDX-License-Identifier: Apache-2.0
#pragma once

// NVIDIA_DRIVER_CAPABILITIES -> the capabilities that a container gets.

#include "core/base/result.h"
#include "core/request/capability.h"
#include "core/request/environment.h"

namespace nvinject {

// Unset: everything supported for a legacy image, else utility and compute as far as supported. A
// word that is not supported is kInvalidRequest, whether it is unknown or switched off.
[[nodiscard]] Result<CapabilitySet> parse_capability_request(const Environment& environment,
                                                             CapabilitySet supported);

}  // namespace nvinject
