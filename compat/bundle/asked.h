// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the container of a bundle asks for.

#include <string_view>

#include "compat/bundle/bundle.h"
#include "core/base/result.h"
#include "core/json/json.h"
#include "core/request/accept_rules.h"
#include "core/request/container_facts.h"
#include "core/request/gpu_request.h"

namespace nvinject::compat {

struct Asked {
  Json spec;
  ContainerFacts facts;
  GpuRequest request;
};

// Without one of some words in its text a spec asks for nothing, and need not be parsed.
[[nodiscard]] bool may_ask(std::string_view spec, const AcceptRules& rules);

// Its spec, and what of it may be a request; not the request.
[[nodiscard]] Result<Asked> parse_spec(const Bundle& bundle, JsonRules json_rules);

// parse_request, and empty for one that was denied its GPUs by the NRI plugin of a node whose
// runtime runs us, too: it knows what the kubelet allocated, and we do not. An image that says so
// of itself gets none either.
[[nodiscard]] Result<GpuRequest> request_of(const ContainerFacts& facts, const AcceptRules& rules);

[[nodiscard]] Result<Asked> parse_asked(const Bundle& bundle, const AcceptRules& rules,
                                        JsonRules json_rules);

}  // namespace nvinject::compat
