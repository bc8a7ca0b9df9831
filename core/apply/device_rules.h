// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lets a live container use the devices of a plan: a line each in cgroup v1, one new program for
// all in cgroup v2. What a runtime writes later, it writes without them: the doors that edit a spec
// are better, where there is a choice.

#include <vector>

#include "core/apply/device_cgroup.h"
#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/plan/plan.h"

namespace nvinject {

// After an Error the rules are as they were before.
[[nodiscard]] Result<Decisions> allow_devices(const DeviceCgroups& cgroups,
                                              const std::vector<PlannedDevice>& devices);

}  // namespace nvinject
