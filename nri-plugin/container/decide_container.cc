// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/decide_container.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/grant/allocated_request.h"
#include "core/grant/find_mig_device.h"
#include "core/grant/who_may.h"
#include "core/image/image_facts.h"
#include "core/plan/plan.h"
#include "core/render/additions.h"
#include "core/render/hook_command.h"
#include "core/render/user_namespace.h"
#include "core/request/gpu_request.h"
#include "nri-plugin/container/ask.h"
#include "nri-plugin/container/host_root.h"

namespace nvinject::nri {
namespace {

// Of the GPU whose node this is, by its number: a device plugin may have given it another name.
// Where nobody has looked at the machine yet, by its name.
std::optional<unsigned> minor_of(const DeviceFact& device, const Snapshot* snapshot) {
  if (snapshot == nullptr || snapshot->inventory.gpus.empty()) return minor_of_node(device.path);
  for (const Gpu& gpu : snapshot->inventory.gpus) {
    if (gpu.node && gpu.node->number.major == device.major &&
        gpu.node->number.minor == device.minor) {
      return gpu.minor;
    }
  }
  return std::nullopt;
}

std::vector<unsigned> minors_there(const ContainerFacts& facts, const Snapshot* snapshot) {
  std::vector<unsigned> minors;
  for (const DeviceFact& device : facts.devices) {
    if (const auto minor = minor_of(device, snapshot)) minors.push_back(*minor);
  }
  return minors;
}

// What anybody may have written into a variable is told in as many words as a log line can hold.
std::string shortened(std::string text) {
  constexpr std::size_t kMaxBytes = 256;
  if (text.size() > kMaxBytes) text.replace(kMaxBytes, std::string::npos, "...");
  return text;
}

Verdict begin_verdict(const Question& question, const GpuRequest& request,
                      const Snapshot* snapshot) {
  Verdict verdict;
  verdict.asked = shortened(join(request.words(), ","));
  verdict.source = shortened(request.source);
  verdict.minors = minors_there(question.facts, snapshot);
  verdict.decisions = request.decisions;
  return verdict;
}

// In audit mode there is no waiting.
Verdict missing(Missing what, Verdict verdict, const Config& config) {
  if (config.grant.enforce == Enforce::kAudit) {
    verdict.outcome = ContainerOutcome::kAudited;
    verdict.reason = "what it would get was not known when it was created";
  }
  verdict.missing = what;
  return verdict;
}

// It has GPUs, from whomever.
Verdict left_alone(Verdict verdict, std::string reason) {
  verdict.outcome = ContainerOutcome::kLeft;
  verdict.reason = std::move(reason);
  return verdict;
}

// In audit mode nothing that we think of a container may touch it.
Verdict refused(Verdict verdict, const Config& config, Error error) {
  if (config.grant.enforce == Enforce::kAudit) {
    verdict.outcome = ContainerOutcome::kAudited;
    verdict.reason = std::move(error.message);
  } else {
    verdict.refusal = std::move(error);
  }
  return verdict;
}

Verdict denied(Verdict verdict, const Config& config, Error error) {
  if (config.grant.enforce != Enforce::kWarn) {
    return refused(std::move(verdict), config, std::move(error));
  }
  verdict.outcome = ContainerOutcome::kDenied;
  verdict.adjustment.env.push_back({std::string(kDeniedVariable), error.message});
  verdict.reason = std::move(error.message);
  return verdict;
}

Result<void> plan_and_adjust(const Question& question, const Circumstances& now, const Grant& grant,
                             Verdict& verdict) {
  const Inventory& inventory = now.snapshot->inventory;
  const bool has_hook = !now.config.nri.ld_cache_hook.empty();
  Policy policy = now.config.policy;
  if (has_hook) policy.ld_cache = LdCachePolicy::kByHook;
  NVINJECT_ASSIGN_OR_RETURN(InjectionPlan plan, make_plan(grant, inventory, ImageFacts{}, policy));
  NVINJECT_RETURN_IF_ERROR(check_user_namespace(plan, question.facts));
  if (has_hook) {
    verdict.hook_args = hook_arguments(inventory, plan, cuda_compat_of(grant.capabilities, policy));
  }
  auto& decisions = verdict.decisions;
  decisions.insert(decisions.end(), grant.decisions.begin(), grant.decisions.end());
  std::move(plan.decisions.begin(), plan.decisions.end(), std::back_inserter(decisions));
  NVINJECT_ASSIGN_OR_RETURN(verdict.adjustment, make_adjustment(std::move(plan), question.facts));
  return name_sources_as_host(HostPath(now.config.nri.host_root), verdict.adjustment);
}

std::vector<unsigned> indices_of(const Grant& grant) {
  std::vector<unsigned> indices;
  indices.reserve(grant.gpus.size());
  for (const GrantedGpu& granted : grant.gpus) indices.push_back(granted.gpu.index);
  return indices;
}

Verdict served(Verdict verdict, const Question& question, const Circumstances& now,
               const Grant& grant) {
  if (auto done = plan_and_adjust(question, now, grant, verdict); !done) {
    return refused(std::move(verdict), now.config, std::move(done).error());
  }
  if (now.config.grant.enforce == Enforce::kAudit) {
    verdict.outcome = ContainerOutcome::kAudited;
    verdict.would_get = indices_of(grant);
    verdict.adjustment = {};
    verdict.hook_args.clear();
    return verdict;
  }
  verdict.outcome = ContainerOutcome::kServed;
  for (const GrantedGpu& granted : grant.gpus) {
    const auto minor = granted.gpu.minor;
    if (minor &&
        std::find(verdict.minors.begin(), verdict.minors.end(), *minor) == verdict.minors.end()) {
      verdict.minors.push_back(*minor);
    }
  }
  return verdict;
}

// What is asked for is not there, or broken: what another look at the machine could change.
bool may_have_changed(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kUnavailable;
}

// Containers that are nobody's business, or another injector's, whatever they ask for.
std::optional<Verdict> decide_early(const Question& question, const Ask& ask,
                                    const Circumstances& now) {
  Verdict verdict = begin_verdict(question, ask.request, now.snapshot);
  if (asks_for_nothing(ask)) {
    // A privileged container has every node of the host, and most have no use for these.
    if (verdict.minors.empty() || question.facts.privileged) return Verdict{};
    return left_alone(std::move(verdict), "it asks for nothing and was given GPU nodes");
  }
  if (auto other = other_injector(pod_identity(question.who), now.config.grant)) {
    return left_alone(std::move(verdict), *std::move(other));
  }
  // CDI names of others, which we would not understand, have been served by then.
  if (!verdict.minors.empty() && has_driver_files(question.facts)) {
    return left_alone(std::move(verdict),
                      "it was given its GPUs, with the driver, by another injector");
  }
  return std::nullopt;
}

// It may not have what it asks for, or nobody can say whether it may. "none" is what somebody
// writes who wants no GPU: that can be had. Who carries the gate would not start with it, and must
// not start without its GPU.
Verdict answer_unauthorised(Verdict verdict, const Ask& ask, const Config& config, Error error) {
  if (ask.request.scope == DeviceScope::kDriverOnly && !ask.hint) return {};
  if (ask.gated || error.code != ErrorCode::kDenied) {
    return refused(std::move(verdict), config, std::move(error));
  }
  return denied(std::move(verdict), config, std::move(error));
}

Verdict answer_with_snapshot(const Question& question, const Ask& ask, Verdict verdict,
                             const Circumstances& now) {
  const Snapshot& snapshot = *now.snapshot;
  const GpuRequest& request = ask.request;
  if (snapshot.error) {
    if (!now.snapshot_is_fresh)
      return missing(Missing::kFreshSnapshot, std::move(verdict), now.config);
    return refused(std::move(verdict), now.config, *snapshot.error);
  }
  if (!now.snapshot_is_fresh && depends_on_mig_layout(request, snapshot.inventory)) {
    return missing(Missing::kFreshSnapshot, std::move(verdict), now.config);
  }
  if (evidence_needed(request, ask.asker, snapshot.inventory) == Evidence::kProbe &&
      !snapshot.probed) {
    if (!snapshot.probe_error || now.probe_may_help) {
      return missing(Missing::kProbe, std::move(verdict), now.config);
    }
    Error error = *snapshot.probe_error;
    return refused(std::move(verdict), now.config,
                   std::move(error).wrap("ask the driver for what the request depends on"));
  }
  auto grant = decide_grant(request, ask.asker, snapshot.inventory);
  if (grant) return served(std::move(verdict), question, now, *grant);
  if (may_have_changed(grant.error()) && !now.snapshot_is_fresh) {
    return missing(Missing::kFreshSnapshot, std::move(verdict), now.config);
  }
  return refused(std::move(verdict), now.config, std::move(grant).error());
}

// What an existing container should have by now, and has not.
bool lacks_something(const Verdict& verdict, const Question& question, const Ask& ask,
                     const Circumstances& now, std::vector<unsigned>& would_get) {
  const bool has_nodes = ask.request.scope == DeviceScope::kDriverOnly || !verdict.minors.empty();
  bool lacks = !has_nodes || !has_driver_files(question.facts);
  if (now.snapshot == nullptr || now.snapshot->error || ask.malformed) return lacks;
  const auto grant = decide_grant(ask.request, ask.asker, now.snapshot->inventory);
  if (!grant) return lacks;
  would_get = indices_of(*grant);
  // Where the kubelet's word counts, the container's own list is not what it should have; and who
  // has any of what was allocated has all of it.
  if (ask.asker.authority == Authority::kAllocation) return lacks;
  for (const GrantedGpu& granted : grant->gpus) {
    const auto& minors = verdict.minors;
    lacks = lacks || !granted.gpu.minor ||
            std::find(minors.begin(), minors.end(), *granted.gpu.minor) == minors.end();
  }
  return lacks;
}

// Of who may have what it asks for, as far as that is known.
Verdict review_entitled(const Question& question, const Ask& ask, const Circumstances& now) {
  Verdict verdict = begin_verdict(question, ask.request, now.snapshot);
  if (!lacks_something(verdict, question, ask, now, verdict.would_get)) {
    verdict.outcome = ContainerOutcome::kServed;
    verdict.would_get.clear();
    return verdict;
  }
  if (now.config.grant.enforce == Enforce::kAudit) {
    verdict.outcome = ContainerOutcome::kAudited;
    return verdict;
  }
  verdict.outcome = ContainerOutcome::kWithout;
  verdict.reason = "it was created while nvinject was not connected: create it again";
  return verdict;
}

Verdict has_none_by_right(const Question& question, const Ask& ask, const Circumstances& now,
                          std::string reason) {
  Verdict verdict = begin_verdict(question, ask.request, now.snapshot);
  verdict.outcome = ContainerOutcome::kDenied;
  verdict.reason = std::move(reason);
  return verdict;
}

// Of whom the kubelet's word counts. Who has a GPU was allocated it, and one that was denied has
// been told so; of the rest nobody knows without asking the kubelet.
Verdict review_allocated(const Question& question, const Ask& ask, const Circumstances& now) {
  constexpr const char* kMayNot = "it asks for GPUs that it may not have, and has none";
  if (!minors_there(question.facts, now.snapshot).empty()) {
    return review_entitled(question, ask, now);
  }
  if (find_variable(question.facts.env, kDeniedVariable)) {
    return has_none_by_right(question, ask, now, kMayNot);
  }
  if (now.allocation != nullptr) {
    const auto entitled = entitled_ask(question, ask, now.config, *now.allocation);
    if (entitled && entitled->request.empty()) return {};
    if (entitled) return review_entitled(question, *entitled, now);
    if (entitled.error().code == ErrorCode::kDenied) {
      return has_none_by_right(question, ask, now, entitled.error().message);
    }
  }
  Verdict verdict = ask.hint ? review_entitled(question, ask, now)
                             : has_none_by_right(question, ask, now, kMayNot);
  if (now.allocation == nullptr) verdict.missing = Missing::kAllocation;
  return verdict;
}

Verdict answer_asker(const Question& question, Ask ask, const Circumstances& now) {
  const Config& config = now.config;
  Verdict verdict = begin_verdict(question, ask.request, now.snapshot);
  // Nobody knows then who may.
  if (now.config_error != nullptr) return refused(std::move(verdict), config, *now.config_error);
  if (ask.asker.authority == Authority::kAllocation) {
    if (now.allocation == nullptr) return missing(Missing::kAllocation, std::move(verdict), config);
    auto entitled = entitled_ask(question, ask, config, *now.allocation);
    if (!entitled) {
      return answer_unauthorised(std::move(verdict), ask, config, std::move(entitled).error());
    }
    ask = *std::move(entitled);
    if (ask.request.empty()) return Verdict{};
  }
  if (ask.malformed) return refused(std::move(verdict), config, *ask.malformed);
  if (!now.runtime.takes_devices()) {
    Error error{ErrorCode::kUnsupported,
                "GPU " + quote(verdict.asked) + " asked for by " + verdict.source +
                    ": the NRI of " + now.runtime.describe() +
                    " takes no devices: use its runtime 'nvidia' or --gpus"};
    return refused(std::move(verdict), config, std::move(error));
  }
  if (now.snapshot == nullptr) return missing(Missing::kSnapshot, std::move(verdict), config);
  return answer_with_snapshot(question, ask, std::move(verdict), now);
}

// Also where another injector serves the container, and where nothing else is changed (audit): the
// gate is ours, and left there it would keep the container from starting.
Verdict open_gate(Verdict verdict) {
  const bool starts =
      !verdict.refusal && (verdict.missing == Missing::kNothing || verdict.outcome.has_value());
  if (starts) verdict.adjustment.removed_mounts.emplace_back(kGateDestination);
  return verdict;
}

}  // namespace

Verdict decide_container(const Question& question, const Circumstances& now) {
  const Ask ask = read_ask(question, now.config);
  auto early = decide_early(question, ask, now);
  Verdict verdict = early ? *std::move(early) : answer_asker(question, ask, now);
  return ask.gated ? open_gate(std::move(verdict)) : verdict;
}

Verdict review_container(const Question& question, const Circumstances& now) {
  const Config& config = now.config;
  if (config.grant.enforce == Enforce::kAudit && now.snapshot != nullptr) {
    Verdict verdict = decide_container(question, now);
    if (verdict.missing == Missing::kNothing) return verdict;
  }
  const Ask ask = read_ask(question, config);
  if (asks_for_nothing(ask) || other_injector(pod_identity(question.who), config.grant)) {
    return decide_early(question, ask, now).value_or(Verdict{});
  }
  if (ask.asker.authority == Authority::kRequest) return review_entitled(question, ask, now);
  if (ask.request.scope == DeviceScope::kDriverOnly) return {};
  return review_allocated(question, ask, now);
}

}  // namespace nvinject::nri
