// SPDX-License-Identifier: Apache-2.0
#pragma once

// GPUs that nothing is wrong with and whose UUID nobody knows: the driver shows it only after first
// use. Who names GPUs by UUID, as a kubelet does, cannot give them to anybody until then.

#include <chrono>
#include <vector>

#include "core/inventory/inventory.h"
#include "nri-plugin/inventory/snapshot.h"

namespace nvinject::nri {

// Their indices.
[[nodiscard]] std::vector<unsigned> unnamed_gpus(const Inventory& inventory);

// When the driver is asked for their UUIDs: at once, and then less and less often, because the
// answer may be the same for ever, and asking takes seconds and every GPU.
class NameSchedule {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kFirstPause{20};
  static constexpr std::chrono::seconds kLongestPause{320};

  // Whether to ask now; who is told so does it. Others of them, and it begins anew.
  [[nodiscard]] bool is_due(const Snapshot& snapshot, Time now);

 private:
  std::vector<unsigned> unnamed_;
  std::chrono::seconds pause_ = kFirstPause;
  Time next_ = Time::min();
};

}  // namespace nvinject::nri
