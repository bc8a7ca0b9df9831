// SPDX-License-Identifier: Apache-2.0
#include "compat/live/serve_live.h"

#include <fcntl.h>

#include <utility>

#include "core/os/capabilities.h"
#include "core/os/file.h"

namespace nvinject::compat {
namespace {

// Whatever was asked for, a driver that is not there is what the classic tools meet first.
bool is_driver_loaded(const Config& config) {
  return open_file(config.roots.proc / "driver/nvidia/version", O_PATH).has_value();
}

Failure failure_of(Stage stage) {
  switch (stage) {
    case Stage::kMachine:
      return Failure::kInitialization;
    case Stage::kProbe:
    case Stage::kPlan:
      return Failure::kDetection;
    case Stage::kGrant:
      break;
  }
  return Failure::kDevice;
}

void set_failure(Served& served, Failure failure, Error error) {
  served.failure = failure;
  served.outcome.error = std::move(error);
}

void explain_undecided(Served& served, const Config& config) {
  served.failure = failure_of(served.outcome.reached);
  if (served.outcome.reached != Stage::kGrant || is_driver_loaded(config)) return;
  // The words that users and their scripts know.
  Error error = *std::move(served.outcome.error);
  set_failure(served, Failure::kInitialization,
              std::move(error).wrap("nvml error: driver not loaded"));
}

// Nothing is started any more. The image's cache, which may be anything, is read when the container
// has all that it asked for and this process can neither mount nor enter anything again.
Result<Decisions> apply(const LiveContainer& container, const InjectionPlan& plan,
                        const LiveOptions& options) {
  NVINJECT_RETURN_IF_ERROR(refuse_new_privileges());
  NVINJECT_ASSIGN_OR_RETURN(Decisions decisions, container.apply(plan, options));
  if (auto cut = cut_capabilities(LiveContainer::kForFiles, Kept::kEffective); !cut) {
    decisions.push_back({"/etc/ld.so.cache", "skipped", cut.error().message});
    return decisions;
  }
  const Decisions merged = container.merge_ld_caches(plan);
  decisions.insert(decisions.end(), merged.begin(), merged.end());
  return decisions;
}

}  // namespace

Served serve_live(const LiveRequest& live, const Config& config, MayPrepare may_prepare) {
  Served served;
  auto container = LiveContainer::open(live.place);
  if (!container) {
    set_failure(served, Failure::kContainer, std::move(container).error());
    return served;
  }
  served.outcome = decide(live.request, live.asker, config, &container->root(), may_prepare);
  if (served.outcome.error) {
    explain_undecided(served, config);
    return served;
  }
  auto applied = apply(*container, served.outcome.plan, live.options);
  if (applied) {
    served.applied = *std::move(applied);
  } else {
    set_failure(served, Failure::kMount, std::move(applied).error());
  }
  return served;
}

}  // namespace nvinject::compat
