// SPDX-License-Identifier: Apache-2.0
#pragma once

// Most containers of a node have nothing to do with GPUs, and the runtime waits for our answer
// about each: these are told apart by walking the message once, before anything is parsed or
// allocated.

#include <string_view>

#include "core/request/accept_rules.h"

namespace nvinject::nri {

// Whether a CreateContainerRequest, as bytes, may ask for GPUs or has a node of one. False only
// when it surely does not; a malformed message is true, so that the parser reports it.
[[nodiscard]] bool create_request_concerns_us(std::string_view create_request,
                                              const AcceptRules& rules);

// The same for the bytes of a Container alone (Synchronize has many).
[[nodiscard]] bool container_concerns_us(std::string_view container, const AcceptRules& rules);

// Of a PodSandbox: whether it has an annotation that could ask.
[[nodiscard]] bool pod_concerns_us(std::string_view pod, const AcceptRules& rules);

}  // namespace nvinject::nri
