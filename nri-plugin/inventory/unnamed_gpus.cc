// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/unnamed_gpus.h"

#include <algorithm>
#include <utility>

#include "core/inventory/lookup.h"

namespace nvinject::nri {

std::vector<unsigned> unnamed_gpus(const Inventory& inventory) {
  std::vector<unsigned> indices;
  for (const Gpu& gpu : inventory.gpus) {
    if (lacks_uuid(gpu)) indices.push_back(gpu.index);
  }
  return indices;
}

bool NameSchedule::is_due(const Snapshot& snapshot, Time now) {
  std::vector<unsigned> unnamed = unnamed_gpus(snapshot.inventory);
  if (unnamed != unnamed_) {
    pause_ = kFirstPause;
    next_ = Time::min();
    unnamed_ = std::move(unnamed);
  }
  if (unnamed_.empty() || now < next_) return false;
  next_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  return true;
}

}  // namespace nvinject::nri
