// SPDX-License-Identifier: Apache-2.0
#include "core/render/adjustment.h"

#include <utility>

namespace nvinject {

Adjustment make_adjustment(const InjectionPlan& plan, const ContainerFacts& facts) {
  Additions additions = find_additions(plan, facts);
  Adjustment adjustment;
  adjustment.devices = std::move(additions.devices);
  adjustment.mounts = std::move(additions.mounts);
  adjustment.env = std::move(additions.env);
  adjustment.decisions = std::move(additions.decisions);
  for (const PlannedDevice& device : plan.devices) {
    adjustment.device_rules.push_back({.number = device.node.number, .access = device.access});
  }
  for (const gid_t gid : plan.additional_gids) {
    adjustment.decisions.push_back(
        {"group " + std::to_string(gid), "not added", "an NRI adjustment has no groups"});
  }
  if (!plan.in_root_steps.empty()) {
    adjustment.decisions.push_back(
        {"/etc/ld.so.cache", "left", "an NRI adjustment cannot change files of the image"});
  }
  return adjustment;
}

}  // namespace nvinject
