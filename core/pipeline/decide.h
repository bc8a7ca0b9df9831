// SPDX-License-Identifier: Apache-2.0
#pragma once

// The stages in their order, for doors that look at the machine themselves (shim, hook, CLI).
// Nothing is decided here: read this to see who calls whom.

#include <optional>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/config/config.h"
#include "core/grant/grant.h"
#include "core/image/image_facts.h"
#include "core/inventory/inventory.h"
#include "core/os/container_root.h"
#include "core/pipeline/look_at_machine.h"
#include "core/plan/plan.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// The stages of decide in their order.
enum class Stage { kMachine, kProbe, kGrant, kPlan };

// As far as the stages got. With an error, what comes after it is empty.
struct Outcome {
  Grant grant;
  InjectionPlan plan;
  Decisions notes;  // findings about the machine
  std::optional<Error> error;
  Stage reached = Stage::kMachine;  // with an error, the one that failed
};

// `request` asks for something. `root` is null for a container whose root filesystem is not at
// hand.
[[nodiscard]] Outcome decide(const GpuRequest& request, const Asker& asker, const Config& config,
                             const ContainerRoot* root, MayPrepare may_prepare);

}  // namespace nvinject
