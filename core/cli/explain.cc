// SPDX-License-Identifier: Apache-2.0
#include "core/render/explain.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "core/cli/commands.h"
#include "core/os/container_root.h"
#include "core/os/file.h"
#include "core/pipeline/cdi_devices.h"
#include "core/pipeline/decide.h"
#include "core/pipeline/mode.h"
#include "core/render/user_namespace.h"
#include "core/request/facts_from_oci.h"

namespace nvinject::cli {
namespace {

constexpr std::size_t kMaxSpecBytes = 32U << 20U;

struct Subject {
  ContainerFacts facts;
  std::optional<ContainerRoot> root;
};

Result<ContainerRoot> open_bundle_root(const HostPath& bundle, const Json& spec) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const root, find_object(spec, "root", ""));
  std::optional<std::string> path;
  if (root != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(path, find_string(*root, "path", "root"));
  }
  if (!path || path->empty()) {
    return fail(ErrorCode::kInvalidRequest, "read 'root.path': the spec has none");
  }
  return ContainerRoot::open(path->front() == '/' ? HostPath(*path) : bundle / *path);
}

Result<Subject> read_subject(const ExplainOptions& options) {
  Subject subject;
  const bool has_bundle = !options.bundle.empty();
  if (has_bundle || !options.spec.empty()) {
    const HostPath path =
        has_bundle ? HostPath(options.bundle) / "config.json" : HostPath(options.spec);
    NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxSpecBytes));
    NVINJECT_ASSIGN_OR_RETURN(const Json spec, parse_json(text, path.string()));
    NVINJECT_ASSIGN_OR_RETURN(subject.facts, facts_from_oci(spec));
    if (has_bundle) {
      NVINJECT_ASSIGN_OR_RETURN(subject.root, open_bundle_root(HostPath(options.bundle), spec));
    }
  }
  subject.facts.env.insert(subject.facts.env.end(), options.env.begin(), options.env.end());
  return subject;
}

// What CDI files say, in the words of a plan.
void add_named(const CdiShare& share, Explanation& explanation) {
  InjectionPlan& plan = explanation.plan;
  for (const CdiDeviceNode& node : share.edits.device_nodes) {
    plan.devices.push_back({.path = ContainerPath(node.path),
                            .node = {.number = {node.major.value_or(0), node.minor.value_or(0)}},
                            .access = node.permissions.empty() ? "rwm" : node.permissions});
  }
  for (const CdiMount& mount : share.edits.mounts) {
    plan.mounts.push_back({.source = HostPath(mount.host_path),
                           .destination = ContainerPath(mount.container_path),
                           .options = mount.options});
  }
  plan.additional_gids.insert(plan.additional_gids.end(), share.edits.additional_gids.begin(),
                              share.edits.additional_gids.end());
  for (const CdiHook& hook : share.edits.hooks) {
    plan.decisions.push_back({hook.path, hook.hook_name, "a CDI file says so"});
  }
  for (const std::string& variable : share.edits.env) {
    plan.decisions.push_back({variable, "set", "a CDI file says so"});
  }
  plan.decisions.insert(plan.decisions.end(), share.decisions.begin(), share.decisions.end());
}

Result<void> explain_plan(const GpuRequest& request, const Subject& subject, const Config& config,
                          Explanation& explanation) {
  const Asker asker{.authority = Authority::kRequest, .privileged = subject.facts.privileged};
  Outcome outcome =
      decide(request, asker, config, subject.root ? &*subject.root : nullptr, MayPrepare::kNo);
  explanation.grant = std::move(outcome.grant);
  explanation.plan = std::move(outcome.plan);
  explanation.notes = std::move(outcome.notes);
  explanation.error = std::move(outcome.error);
  if (explanation.error) return {};
  return check_user_namespace(explanation.plan, subject.facts);
}

// As the shim does it in mode "cdi", and with names of CDI.
Result<void> explain_named(const Subject& subject, const Config& config, Explanation& explanation) {
  NVINJECT_ASSIGN_OR_RETURN(const CdiShare share, take_from_cdi_files(explanation.request, config));
  if (!share.rest.empty()) {
    GpuRequest rest = explanation.request;
    rest.devices = share.rest;
    NVINJECT_RETURN_IF_ERROR(explain_plan(rest, subject, config, explanation));
  }
  add_named(share, explanation);
  return {};
}

Result<void> explain_subject(const Result<Config>& config, const ExplainOptions& options,
                             Explanation& explanation) {
  NVINJECT_ASSIGN_OR_RETURN(const Subject subject, read_subject(options));
  const AcceptRules rules = config ? config->accept : AcceptRules{};
  explanation.request = outline_request(subject.facts, rules);
  if (explanation.request.empty()) return {};
  if (!config) return tl::unexpected<Error>(config.error());
  NVINJECT_ASSIGN_OR_RETURN(explanation.request, parse_request(subject.facts, rules));
  NVINJECT_ASSIGN_OR_RETURN(const RuntimeMode mode,
                            choose_mode(config->runtime.mode, explanation.request));
  return mode == RuntimeMode::kCdi
             ? explain_named(subject, *config, explanation)
             : explain_plan(explanation.request, subject, *config, explanation);
}

}  // namespace

int explain(const Result<Config>& config, const ExplainOptions& options) {
  Explanation explanation;
  if (auto explained = explain_subject(config, options, explanation); !explained) {
    explanation.error = std::move(explained).error();
  }
  const std::string text = options.output == Output::kJson
                               ? print_json(explain_as_json(explanation), 2) + "\n"
                               : explain_as_text(explanation);
  std::fputs(text.c_str(), stdout);
  if (explanation.error) return kExitFailed;
  return explanation.request.empty() ? kExitNothingAsked : kExitOk;
}

}  // namespace nvinject::cli
