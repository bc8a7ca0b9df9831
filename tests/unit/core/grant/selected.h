// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/grant/select_gpus.h"

namespace nvinject::testing {

inline DeviceId index_of(unsigned gpu) {
  return {DeviceIdKind::kIndex, std::to_string(gpu), gpu, 0};
}
inline DeviceId cdi_name(std::string text) {
  return {DeviceIdKind::kCdiName, std::move(text), 0, 0};
}

// Of the GPUs.
inline std::vector<unsigned> indices(const Result<Selection>& selection) {
  std::vector<unsigned> found;
  for (const Gpu* const gpu : selection->gpus) found.push_back(gpu->index);
  return found;
}

}  // namespace nvinject::testing
