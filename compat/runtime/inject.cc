// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/inject.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compat/runtime/bundle.h"
#include "compat/runtime/log.h"
#include "core/apply/in_root.h"
#include "core/os/container_root.h"
#include "core/pipeline/decide.h"
#include "core/render/oci_spec.h"
#include "core/request/facts_from_oci.h"

namespace nvinject::compat {
namespace {

// Without one of these words in its text a spec asks for nothing, and need not be parsed: legacy images
// ask by CUDA_VERSION alone, volume mounts by their directory, annotations by a vendor's name.
bool may_ask(std::string_view spec, const AcceptRules& rules) {
  const auto has = [&](std::string_view word) {
    return !word.empty() && spec.find(word) != std::string_view::npos;
  };
  return has("NVIDIA_VISIBLE_DEVICES") || has("CUDA_VERSION") ||
         has("nvidia-container-devices") || has("nvidia.com") ||
         std::any_of(rules.swarm_resources.begin(), rules.swarm_resources.end(), has);
}

void log_outcome(const Config& config, const Bundle& bundle, const Outcome& outcome,
                 const Decisions& applied) {
  const std::string& file = config.runtime.debug_file;
  for (const Decisions* const decisions :
       {&outcome.request.decisions, &outcome.grant.decisions, &outcome.plan.decisions,
        &outcome.notes, &applied}) {
    log_decisions(file, bundle.config_path().string(), *decisions);
  }
}

Result<void> apply_outcome(const Bundle& bundle, Json spec, const ContainerFacts& facts,
                           const ContainerRoot& root, const Config& config,
                           const Outcome& outcome) {
  NVINJECT_ASSIGN_OR_RETURN(const Json edited,
                            edit_oci_spec(std::move(spec), facts, outcome.plan));
  const Decisions applied = apply_in_root(root, outcome.plan.in_root_steps);
  log_outcome(config, bundle, outcome, applied);
  const std::string text = print_json(edited);
  if (text == bundle.config_text()) return {};
  return bundle.replace_config(text);
}

}  // namespace

Result<void> inject_into_bundle(const RuncCommand& command, const Result<Config>& config) {
  const Config defaults;
  const AcceptRules& rules = config ? config->accept : defaults.accept;
  auto bundle = Bundle::open(command.bundle, command.config_file);
  // A bundle without a readable spec is the low-level runtime's to refuse, in its own words.
  if (!bundle || !may_ask(bundle->config_text(), rules)) return {};

  NVINJECT_ASSIGN_OR_RETURN(
      Json spec, parse_json(bundle->config_text(), bundle->config_path().string()));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerFacts facts, facts_from_oci(spec));
  if (!config) {
    NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, parse_request(facts, rules));
    if (request.empty()) return {};
    return tl::unexpected<Error>(config.error());
  }

  std::optional<ContainerRoot> root;
  // Only who asks pays for the root to be opened; parsing the request twice costs a few microseconds.
  NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, parse_request(facts, rules));
  if (request.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(const HostPath root_path, bundle->root_path(spec));
  NVINJECT_ASSIGN_OR_RETURN(root, ContainerRoot::open(root_path));
  const Outcome outcome = decide(facts, *config, &*root);
  if (outcome.error) {
    log_outcome(*config, *bundle, outcome, {});
    return tl::unexpected<Error>(*outcome.error);
  }
  return apply_outcome(*bundle, std::move(spec), facts, *root, *config, outcome);
}

}  // namespace nvinject::compat
