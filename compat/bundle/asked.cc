// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/asked.h"

#include <algorithm>

#include "core/grant/who_may.h"
#include "core/request/facts_from_oci.h"

namespace nvinject::compat {

// Legacy
// images ask by CUDA_VERSION alone, volume mounts by their directory, annotations by a vendor's
// name. A letter written as an escape could hide a word; no engine does that, and then the text is
// parsed.
bool may_ask(std::string_view spec, const AcceptRules& rules) {
  const auto has = [&](std::string_view word) {
    return !word.empty() && spec.find(word) != std::string_view::npos;
  };
  return has("NVIDIA_VISIBLE_DEVICES") || has("CUDA_VERSION") || has("nvidia-container-devices") ||
         has("nvidia.com") || has("\\u004") || has("\\u006") ||
         std::any_of(rules.swarm_resources.begin(), rules.swarm_resources.end(), has);
}

Result<Asked> parse_spec(const Bundle& bundle, JsonRules json_rules) {
  Asked asked;
  NVINJECT_ASSIGN_OR_RETURN(
      asked.spec, parse_json(bundle.config_text(), bundle.config_path().string(), json_rules));
  NVINJECT_ASSIGN_OR_RETURN(asked.facts, facts_from_oci(asked.spec));
  return asked;
}

Result<GpuRequest> request_of(const ContainerFacts& facts, const AcceptRules& rules) {
  if (find_variable(facts.env, kDeniedVariable)) return GpuRequest{};
  return parse_request(facts, rules);
}

Result<Asked> parse_asked(const Bundle& bundle, const AcceptRules& rules, JsonRules json_rules) {
  NVINJECT_ASSIGN_OR_RETURN(Asked asked, parse_spec(bundle, json_rules));
  NVINJECT_ASSIGN_OR_RETURN(asked.request, request_of(asked.facts, rules));
  return asked;
}

}  // namespace nvinject::compat
