// SPDX-License-Identifier: Apache-2.0
#pragma once

// What make_plan is given, and what of its answer tests look at.

#include <string>
#include <vector>

#include "core/plan/plan.h"

namespace nvinject::testing {

inline Grant grant_of(CapabilitySet capabilities, const Inventory& inventory) {
  Grant grant;
  grant.scope = DeviceScope::kAll;
  grant.capabilities = capabilities;
  for (const Gpu& gpu : inventory.gpus) grant.gpus.push_back({gpu, "test"});
  return grant;
}

inline std::vector<std::string> device_paths(const InjectionPlan& plan) {
  std::vector<std::string> paths;
  for (const PlannedDevice& device : plan.devices) paths.push_back(device.path.string());
  return paths;
}

// Without directories.
inline std::vector<std::string> mounted_names(const InjectionPlan& plan) {
  std::vector<std::string> names;
  for (const PlannedMount& mount : plan.mounts) names.emplace_back(mount.destination.file_name());
  return names;
}

}  // namespace nvinject::testing
