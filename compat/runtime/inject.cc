// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/inject.h"

#include <algorithm>
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

void log_decisions_of(const Config& config, const Bundle& bundle, const GpuRequest& request,
                      const Outcome& outcome, const Decisions& applied) {
  for (const Decisions* const decisions :
       {&request.decisions, &outcome.grant.decisions, &outcome.plan.decisions, &outcome.notes,
        &applied}) {
    log_decisions(config.runtime.debug_file, bundle.config_path().string(), *decisions);
  }
}

// The steps in the root come first: they may go without, while a spec that names a plan must hold.
Result<Decisions> apply_plan(const Bundle& bundle, Json spec, const ContainerFacts& facts,
                             const ContainerRoot& root, const InjectionPlan& plan) {
  NVINJECT_ASSIGN_OR_RETURN(const Json edited, edit_oci_spec(std::move(spec), facts, plan));
  Decisions applied = apply_in_root(root, plan.in_root_steps);
  const std::string text = print_json(edited);
  if (text != bundle.config_text()) NVINJECT_RETURN_IF_ERROR(bundle.replace_config(text));
  return applied;
}

}  // namespace

Result<void> inject_into_bundle(const RuncCommand& command, const Result<Config>& config) {
  const AcceptRules rules = config ? config->accept : AcceptRules{};
  const auto bundle = Bundle::open(command.bundle, command.config_file);
  // A bundle without a spec is the low-level runtime's to refuse, in its own words. One that we refuse to
  // read may ask for a GPU, and must not start without.
  if (!bundle && bundle.error().code == ErrorCode::kNotFound) return {};
  if (!bundle) return tl::unexpected<Error>(bundle.error());
  if (!may_ask(bundle->config_text(), rules)) return {};

  NVINJECT_ASSIGN_OR_RETURN(
      Json spec, parse_json(bundle->config_text(), bundle->config_path().string()));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerFacts facts, facts_from_oci(spec));
  NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, parse_request(facts, rules));
  if (request.empty()) return {};
  if (!config) return tl::unexpected<Error>(config.error());

  NVINJECT_ASSIGN_OR_RETURN(const HostPath root_path, bundle->root_path(spec));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerRoot root, ContainerRoot::open(root_path));
  const Asker asker{.authority = Authority::kRequest, .privileged = facts.privileged};
  const Outcome outcome = decide(request, asker, *config, &root, MayPrepare::kYes);
  Decisions applied;
  if (!outcome.error) {
    NVINJECT_ASSIGN_OR_RETURN(
        applied, apply_plan(*bundle, std::move(spec), facts, root, outcome.plan));
  }
  log_decisions_of(*config, *bundle, request, outcome, applied);
  if (outcome.error) return tl::unexpected<Error>(*outcome.error);
  return {};
}

}  // namespace nvinject::compat
