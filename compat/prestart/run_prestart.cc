// SPDX-License-Identifier: Apache-2.0
#include "compat/prestart/run_prestart.h"

#include <utility>

#include "compat/bundle/asked.h"
#include "compat/bundle/bundle.h"
#include "compat/bundle/oci_state.h"
#include "compat/live/error_line.h"
#include "compat/live/serve_live.h"
#include "core/os/file.h"
#include "core/os/user_namespace.h"

namespace nvinject::compat {
namespace {

tl::unexpected<Error> in_words(Failure failure, Error error) {
  error.message = format_error_line(failure, error.message);
  return tl::unexpected<Error>(std::move(error));
}

// Modes in which the runtime shim does everything, and a second door would do it once more.
Result<void> check_mode(const Config& config) {
  const RuntimeMode mode = config.runtime.mode;
  if (config.hook.skip_mode_detection || mode == RuntimeMode::kAuto ||
      mode == RuntimeMode::kLegacy) {
    return {};
  }
  return fail(ErrorCode::kUnsupported,
              "nvidia-container-runtime.mode of the config leaves GPUs to the runtime shim, so "
              "the prestart hook ('docker run --gpus') gives none: use '--runtime=nvidia', or set "
              "the mode to 'auto'");
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

Result<Decisions> serve(Asked asked, const ContainerState& state, const HostPath& root,
                        const Config& config) {
  if (auto served = check_mode(config); !served) {
    return in_words(Failure::kNone, std::move(served).error());
  }
  Decisions decisions = asked.request.decisions;
  const LiveOptions options = options_for(config, decisions);
  const LiveRequest live{
      .request = std::move(asked.request),
      .asker = {.authority = Authority::kRequest, .privileged = asked.facts.privileged},
      .place = {.pid = state.pid, .root = root},
      .options = options};
  Config legacy = config;
  legacy.policy.cuda_compat = config.legacy_cuda_compat;
  const Served served = serve_live(live, legacy, MayPrepare::kYes);
  if (!served.succeeded()) return in_words(served.failure, *served.outcome.error);
  for (const Decisions* const more :
       {&served.outcome.grant.decisions, &served.outcome.plan.decisions, &served.outcome.notes,
        &served.applied}) {
    decisions.insert(decisions.end(), more->begin(), more->end());
  }
  return decisions;
}

}  // namespace

Result<Decisions> run_prestart(int state_fd, const Result<Config>& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text,
                            read_stream(state_fd, "standard input", kMaxStateBytes));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerState state, parse_container_state(text));
  NVINJECT_ASSIGN_OR_RETURN(const Bundle bundle, Bundle::open(state.bundle.string(), ""));
  const AcceptRules rules = config ? config->accept : AcceptRules{};
  if (!may_ask(bundle.config_text(), rules)) return Decisions{};
  // Only looked at: whoever writes it is the runtime's business.
  NVINJECT_ASSIGN_OR_RETURN(Asked asked, parse_asked(bundle, rules, JsonRules::kLenient));
  if (asked.request.empty()) return Decisions{};
  if (!config) return tl::unexpected<Error>(config.error());
  NVINJECT_ASSIGN_OR_RETURN(const HostPath root, bundle.root_path(asked.spec));
  if (!state.pid) {
    return fail(ErrorCode::kInvalidRequest,
                "read 'pid' of the container's state: there is none, as in a hook of another kind "
                "than prestart or createRuntime");
  }
  return serve(std::move(asked), state, root, *config);
}

}  // namespace nvinject::compat
