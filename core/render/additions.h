// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of a plan a container does not have yet. Every renderer starts from this, so that none of
// them doubles a device, a mount or a search path, and a second run finds nothing to do.

#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/request/container_facts.h"

namespace nvinject {

struct EnvValue {
  std::string name;
  std::string value;      // whole: what the container had, and what the plan appends
  bool replaces = false;  // the container had it
  bool operator==(const EnvValue&) const = default;
};

struct Additions {
  std::vector<PlannedDevice> devices;
  std::vector<PlannedMount> mounts;
  std::vector<EnvValue> env;
  Decisions decisions;  // what is already there
};

// Of equal paths and destinations within the plan the first counts.
[[nodiscard]] Additions find_additions(InjectionPlan plan, const ContainerFacts& facts);

// Whether somebody else gave the container a driver already: CDI, a device plugin and another
// injector all mount libcuda or a library called libnvidia-….so.N. Judged by the names that they
// get in the container.
[[nodiscard]] bool has_driver_files(const ContainerFacts& facts);

}  // namespace nvinject
