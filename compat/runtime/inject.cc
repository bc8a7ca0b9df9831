// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/inject.h"

#include <string>
#include <string_view>
#include <utility>

#include "compat/bundle/asked.h"
#include "compat/bundle/bundle.h"
#include "compat/runtime/log.h"
#include "compat/runtime/low_level_runtime.h"
#include "core/apply/in_root.h"
#include "core/base/text.h"
#include "core/os/container_root.h"
#include "core/pipeline/cdi_devices.h"
#include "core/pipeline/decide.h"
#include "core/pipeline/mode.h"
#include "core/render/cdi_edits.h"
#include "core/render/classic_hook.h"
#include "core/render/oci_spec.h"
#include "core/render/user_namespace.h"
#include "core/request/facts_from_oci.h"

namespace nvinject::compat {
namespace {

// Strictly, because the document is to be edited. One that a runtime may read and we would not is
// only an error when somebody asks in it.
Result<Asked> read_asked(const Bundle& bundle, const AcceptRules& rules) {
  auto asked = parse_asked(bundle, rules, JsonRules::kStrict);
  if (asked) return asked;
  auto leniently = parse_asked(bundle, rules, JsonRules::kLenient);
  // Moved, not copied: copying recurses, and such a document may be deep.
  if (leniently && leniently->request.empty()) return leniently;
  return asked;
}

void log_outcome(const Config& config, const Bundle& bundle, const GpuRequest& request,
                 const Outcome& outcome, const Decisions& applied) {
  const std::string& file = config.runtime.debug_file;
  const std::string& container = bundle.config_path().string();
  const RuntimeLogLevel level = config.runtime.log_level;
  if (level >= RuntimeLogLevel::kWarning) {
    log_decisions(file, container, "warning", config.warnings);
  }
  for (const Decisions* const decisions : {&request.decisions, &outcome.grant.decisions,
                                           &outcome.plan.decisions, &outcome.notes, &applied}) {
    if (level >= RuntimeLogLevel::kInfo) log_decisions(file, container, "info", *decisions);
  }
  if (outcome.error) log_error(file, container, outcome.error->message);
}

// The steps in the root come first: they may go without, while a spec that names a plan must hold.
Result<Decisions> apply_plan(const Bundle& bundle, Json spec, const ContainerFacts& facts,
                             const ContainerRoot& root, const InjectionPlan& plan) {
  NVINJECT_RETURN_IF_ERROR(check_user_namespace(plan, facts));
  NVINJECT_ASSIGN_OR_RETURN(const Json edited, edit_oci_spec(std::move(spec), facts, plan));
  Decisions applied = apply_in_root(root, plan.in_root_steps);
  const std::string text = print_json(edited);
  if (text != bundle.config_text()) NVINJECT_RETURN_IF_ERROR(bundle.replace_config(text));
  return applied;
}

// Mode "legacy": the container gets its GPUs by the prestart hook, which reads the same config.
Result<void> leave_to_the_hook(const Bundle& bundle, Asked asked, const Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const HostPath hook, find_prestart_hook(config.hook.path));
  std::vector<std::string> env = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  if (!config.file.empty()) env.push_back("NVIDIA_CTK_CONFIG_FILE_PATH=" + config.file);
  // Of what this program was started with, as the hook of the classic runtime had it.
  if (!config.roots.mps_pipes.empty()) {
    env.push_back("CUDA_MPS_PIPE_DIRECTORY=" + config.roots.mps_pipes);
  }
  NVINJECT_ASSIGN_OR_RETURN(const Json edited,
                            add_classic_hook(std::move(asked.spec), hook.string(), env));
  const std::string text = print_json(edited);
  return text == bundle.config_text() ? Result<void>() : bundle.replace_config(text);
}

// By a plan of our own. `notes` is what is known already.
Result<void> serve_by_plan(const Bundle& bundle, Asked asked, const Config& config,
                           const Decisions& notes) {
  NVINJECT_ASSIGN_OR_RETURN(const HostPath root_path, bundle.root_path(asked.spec));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerRoot root, ContainerRoot::open(root_path));
  const Asker asker{.authority = Authority::kRequest, .privileged = asked.facts.privileged};
  Outcome outcome = decide(asked.request, asker, config, &root, MayPrepare::kYes);
  outcome.notes.insert(outcome.notes.begin(), notes.begin(), notes.end());
  Decisions applied;
  if (!outcome.error) {
    auto done = apply_plan(bundle, std::move(asked.spec), asked.facts, root, outcome.plan);
    if (done) {
      applied = *std::move(done);
    } else {
      outcome.error = std::move(done).error();
    }
  }
  log_outcome(config, bundle, asked.request, outcome, applied);
  if (outcome.error) return tl::unexpected<Error>(*outcome.error);
  return {};
}

// What the files say, in `asked`; the rest of the request stays there, for a plan.
Result<Decisions> take_named(Asked& asked, const Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(CdiShare share, take_from_cdi_files(asked.request, config));
  NVINJECT_ASSIGN_OR_RETURN(asked.spec, edit_by_cdi(std::move(asked.spec), share.edits));
  NVINJECT_ASSIGN_OR_RETURN(asked.facts, facts_from_oci(asked.spec));
  asked.request.devices = std::move(share.rest);
  return std::move(share.decisions);
}

Result<void> serve_by_name(const Bundle& bundle, Asked asked, const Config& config) {
  Outcome outcome;
  const GpuRequest request = asked.request;
  auto notes = take_named(asked, config);
  if (notes && !asked.request.devices.empty()) {
    return serve_by_plan(bundle, std::move(asked), config, *notes);
  }
  if (notes) {
    outcome.notes = *std::move(notes);
  } else {
    outcome.error = std::move(notes).error();
  }
  log_outcome(config, bundle, request, outcome, {});
  if (outcome.error) return tl::unexpected<Error>(*std::move(outcome.error));
  const std::string text = print_json(asked.spec);
  return text == bundle.config_text() ? Result<void>() : bundle.replace_config(text);
}

Result<void> serve_request(const Bundle& bundle, Asked asked, const Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const RuntimeMode mode,
                            choose_mode(config.runtime.mode, asked.request));
  if (mode == RuntimeMode::kLegacy) return leave_to_the_hook(bundle, std::move(asked), config);
  if (mode == RuntimeMode::kCdi) return serve_by_name(bundle, std::move(asked), config);
  return serve_by_plan(bundle, std::move(asked), config, {});
}

}  // namespace

Result<void> inject_into_bundle(const RuncCommand& command, const Result<Config>& config) {
  const AcceptRules rules = config ? config->accept : AcceptRules{};
  const auto bundle = Bundle::open(command.bundle, command.config_file);
  // A bundle without a spec is the low-level runtime's to refuse, in its own words. One that we
  // refuse to read may ask for a GPU, and must not start without.
  if (!bundle && bundle.error().code == ErrorCode::kNotFound) return {};
  if (!bundle) return tl::unexpected<Error>(bundle.error());
  if (!may_ask(bundle->config_text(), rules)) return {};

  auto asked = read_asked(*bundle, rules);
  if (!asked) {
    if (config) {
      log_error(config->runtime.debug_file, bundle->config_path().string(), asked.error().message);
    }
    return tl::unexpected<Error>(std::move(asked).error());
  }
  if (asked->request.empty()) {
    if (config) log_outcome(*config, *bundle, asked->request, {}, {});
    return {};
  }
  if (!config) return tl::unexpected<Error>(config.error());
  return serve_request(*bundle, *std::move(asked), *config);
}

}  // namespace nvinject::compat
