// SPDX-License-Identifier: Apache-2.0
#pragma once

// Devices asked for by CDI annotations, "cdi.k8s.io/<plugin>: vendor/class=device,…". Other vendors
// use the same annotations for their own devices: those are not GPU requests and nobody's mistake.

#include <string>
#include <utility>
#include <vector>

#include "core/base/decision.h"

namespace nvinject {

struct CdiAnnotationRequests {
  std::vector<std::string> devices;  // annotations in the order of their keys
  Decisions decisions;
  bool operator==(const CdiAnnotationRequests&) const = default;
};

// An annotation counts only when each of its names is a fully-qualified one of NVIDIA's.
[[nodiscard]] CdiAnnotationRequests parse_cdi_annotations(
    const std::vector<std::pair<std::string, std::string>>& annotations,
    const std::vector<std::string>& prefixes);

}  // namespace nvinject
