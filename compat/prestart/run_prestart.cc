// SPDX-License-Identifier: Apache-2.0
#include "compat/prestart/run_prestart.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compat/bundle/asked.h"
#include "compat/bundle/bundle.h"
#include "compat/bundle/oci_state.h"
#include "compat/live/error_line.h"
#include "compat/live/serve_live.h"
#include "core/base/text.h"
#include "core/os/file.h"
#include "core/os/user_namespace.h"
#include "core/pipeline/mode.h"

namespace nvinject::compat {
namespace {

tl::unexpected<Error> in_words(Failure failure, Error error) {
  error.message = format_error_line(failure, error.message);
  return tl::unexpected<Error>(std::move(error));
}

tl::unexpected<Error> doing(std::string_view what, Error error) {
  return tl::unexpected<Error>(std::move(error).wrap(what));
}

// Who may make a container's annotations may do so where the variable is not accepted of its image
// (accept-nvidia-visible-devices-envvar-when-unprivileged): they are requests in the shim's modes,
// and never were the hook's.
AcceptRules without_annotations(AcceptRules rules) {
  rules.annotation_prefixes.clear();
  rules.pod_annotation_keys.clear();
  return rules;
}

// Why the runtime shim does everything, and a second door would do it once more; or empty.
std::string why_left_out(const Config& config, const GpuRequest& request) {
  if (config.hook.skip_mode_detection) return {};
  if (const auto mode = mode_without_hook(config); !mode.empty()) {
    return "nvidia-container-runtime.mode of the config is " + quote(mode);
  }
  const auto mode = choose_mode(config.runtime.mode, request);
  if (mode && *mode == RuntimeMode::kCdi) return "every device is asked for by its name in CDI";
  return {};
}

Result<void> check_mode(const Config& config, const GpuRequest& request) {
  const std::string why = why_left_out(config, request);
  if (why.empty()) return {};
  return fail(
      ErrorCode::kUnsupported,
      "invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker "
      "--gpus flag) is not supported. Please use the NVIDIA Container Runtime (e.g. specify "
      "the --runtime=nvidia flag) instead: " +
          why);
}

// In the order and the words of the classic hook.
Result<void> check_spec(const Json& spec) {
  constexpr std::pair<const char*, const char*> kNeeded[] = {
      {"ociVersion", "Version"}, {"process", "Process"}, {"root", "Root"}};
  for (const auto& [key, name] : kNeeded) {
    if (find_member(spec, key) == nullptr) {
      return fail(ErrorCode::kInvalidRequest, std::string(name) + " is empty in OCI spec");
    }
  }
  return {};
}

// Device rules are the host's root's to write: inside of a user namespace nobody can, and a node
// that is bound there can be used without.
LiveOptions options_for(const Config& config, Decisions& decisions) {
  LiveOptions options;
  if (config.hook.no_cgroups) {
    options.device_rules = false;
    decisions.push_back({"device rules", "not set", "nvidia-container-cli.no-cgroups is set"});
  } else if (in_user_namespace(config.roots.proc)) {
    options.device_rules = false;
    decisions.push_back({"device rules", "not set", "a rootless runtime has no say in them"});
  }
  return options;
}

Result<void> serve(Asked asked, const ContainerState& state, const HostPath& root,
                   const Config& config, Decisions& decisions) {
  const LiveOptions options = options_for(config, decisions);
  const LiveRequest live{
      .request = std::move(asked.request),
      .asker = {.authority = Authority::kRequest, .privileged = asked.facts.privileged},
      .place = {.pid = state.pid, .root = root},
      .options = options};
  Config legacy = config;
  legacy.policy.cuda_compat = config.legacy_cuda_compat;
  const Served served = serve_live(live, legacy, MayPrepare::kYes);
  append(decisions, served.outcome.grant.decisions);
  append(decisions, served.outcome.plan.decisions);
  append(decisions, served.outcome.notes);
  append(decisions, served.applied);
  if (!served.succeeded()) return in_words(served.failure, *served.outcome.error);
  return {};
}

// Empty: nothing that is of this hook's concern.
Result<std::optional<Asked>> read_asked(const Bundle& bundle, const AcceptRules& rules) {
  if (!may_ask(bundle.config_text(), rules)) return std::nullopt;
  // Only looked at: whoever writes it is the runtime's business.
  auto asked = parse_spec(bundle, JsonRules::kLenient);
  if (!asked) return doing("could not decode OCI spec", std::move(asked).error());
  NVINJECT_ASSIGN_OR_RETURN(asked->request, request_of(asked->facts, rules));
  if (asked->request.empty()) return std::nullopt;
  return std::optional(*std::move(asked));
}

}  // namespace

Result<void> run_prestart(int state_fd, const Result<Config>& config, Decisions& decisions) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text,
                            read_stream(state_fd, "standard input", kMaxStateBytes));
  auto state = parse_container_state(text);
  if (!state) return doing("could not decode container state", std::move(state).error());
  auto bundle = Bundle::open(state->bundle.string(), "");
  if (!bundle) return doing("could not open OCI spec", std::move(bundle).error());
  NVINJECT_ASSIGN_OR_RETURN(
      std::optional<Asked> asked,
      read_asked(*bundle, without_annotations(config ? config->accept : AcceptRules{})));
  if (!asked) return {};
  if (!config) return tl::unexpected<Error>(config.error());
  decisions = config->warnings;
  append(decisions, asked->request.decisions);
  NVINJECT_RETURN_IF_ERROR(check_spec(asked->spec));
  NVINJECT_RETURN_IF_ERROR(check_mode(*config, asked->request));
  NVINJECT_ASSIGN_OR_RETURN(const HostPath root, bundle->root_path(asked->spec));
  if (!state->pid) {
    return fail(ErrorCode::kInvalidRequest,
                "read 'pid' of the container's state: there is none, as in a hook of another kind "
                "than prestart or createRuntime");
  }
  return serve(*std::move(asked), *state, root, *config, decisions);
}

}  // namespace nvinject::compat
