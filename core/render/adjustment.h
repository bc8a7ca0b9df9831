// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan said in what NRI's ContainerAdjustment can hold, as a value: no protocol in it. NRI has no
// groups, no steps in the root and no way to change a list in env but to set all of it; what it
// cannot say is a decision here, so that the limits show in every golden file.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/plan/plan.h"
#include "core/render/additions.h"
#include "core/request/container_facts.h"

namespace nvinject {

struct DeviceRule {
  bool allow = true;
  std::string type = "c";
  DeviceNumber number;
  std::string access;
  bool operator==(const DeviceRule&) const = default;
};

struct Adjustment {
  std::vector<PlannedDevice> devices;
  std::vector<DeviceRule> device_rules;
  std::vector<PlannedMount> mounts;
  std::vector<std::string> removed_mounts;  // destinations that the container has
  std::vector<EnvValue> env;
  Decisions decisions;
  bool operator==(const Adjustment&) const = default;
};

// No path, destination, rule or variable is in it twice. kInvalidRequest: a text that NRI, which is
// protobuf, cannot carry, such as a variable of the container that is not UTF-8.
[[nodiscard]] Result<Adjustment> make_adjustment(InjectionPlan plan, const ContainerFacts& facts);

}  // namespace nvinject
