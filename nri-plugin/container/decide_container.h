// SPDX-License-Identifier: Apache-2.0
#pragma once

// What becomes of one container: question + policy + snapshot -> verdict. Pure: the stages of the
// core in their order, and what NRI adds to them (other injectors, what is there already, policy's
// three tempers).

#include <optional>
#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/config/config.h"
#include "core/grant/allocation.h"
#include "core/render/adjustment.h"
#include "core/status/status_report.h"
#include "nri-plugin/container/question.h"
#include "nri-plugin/container/runtime_info.h"
#include "nri-plugin/inventory/snapshot.h"

namespace nvinject::nri {

// What the decision is missing. The door fetches it and asks again.
enum class Missing {
  kNothing,
  kSnapshot,  // nobody has looked at the machine yet
  // What is asked for is not there, and may have come since the last look; or it is about MIG.
  kFreshSnapshot,
  kProbe,       // what only the driver can tell
  kAllocation,  // what the kubelet allocated to the container
};

struct Verdict {
  Missing missing = Missing::kNothing;  // else nothing below is said, except in audit mode
  std::optional<Error> refusal;         // the container must not start
  Adjustment adjustment;                // empty: it starts as it is
  std::vector<std::string> hook_args;   // of nvinject-hook; empty: no hook
  // What `nvinject who` tells about it; nothing for a container that has nothing to do with GPUs.
  std::optional<ContainerOutcome> outcome;
  std::string asked;                // as in ContainerStatus
  std::string source;               // as in ContainerStatus
  std::string reason;               // as in ContainerStatus
  std::vector<unsigned> minors;     // of the GPU nodes that it has or gets
  std::vector<unsigned> would_get;  // indices: kAudited
  Decisions decisions;
};

struct Circumstances {
  const Config& config;
  const RuntimeInfo& runtime;
  const Snapshot* snapshot = nullptr;
  bool snapshot_is_fresh = false;       // asking for another would not help
  bool probe_may_help = true;           // one that failed was long ago
  const Error* config_error = nullptr;  // the configuration cannot be read: `config` is the default
  // What the kubelet allocated to the container, or why nobody can say; null until it was asked.
  const Result<Allocation>* allocation = nullptr;
};

[[nodiscard]] Verdict decide_container(const Question& question, const Circumstances& now);

// The same for a container that exists already: nothing can be done for it any more, but it can be
// said what it has and what it lacks. Without a snapshot it knows less; missing only
// Missing::kAllocation, and then the best guess without it is said all the same.
[[nodiscard]] Verdict review_container(const Question& question, const Circumstances& now);

}  // namespace nvinject::nri
