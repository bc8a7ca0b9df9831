// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plans as one file of the Container Device Interface: the plan of a container that gets the driver
// and no GPU is what all devices have in common. CDI has no steps in the root but hooks, and its
// env replaces what an image says: what it cannot say is a decision here.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/cdi/spec.h"
#include "core/plan/plan.h"

namespace nvinject {

struct CdiDevicePlan {
  std::vector<std::string> names;  // one device under each of them
  InjectionPlan plan;
};

// nvinject-hook, called when a container is made.
struct CdiHookCall {
  std::string program;            // absolute; empty: no hook
  std::vector<std::string> args;  // without argv[0]; empty: no hook
};

struct RenderedCdi {
  CdiSpec spec;
  Decisions decisions;
};

[[nodiscard]] RenderedCdi make_cdi_spec(const InjectionPlan& common,
                                        const std::vector<CdiDevicePlan>& devices,
                                        const CdiHookCall& hook);

}  // namespace nvinject
