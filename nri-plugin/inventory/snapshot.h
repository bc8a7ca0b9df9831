// SPDX-License-Identifier: Apache-2.0
#pragma once

// One look at the machine, shared by all who read it and changed by nobody.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/inventory/inventory.h"

namespace nvinject::nri {

struct Snapshot {
  Inventory inventory;
  std::optional<Error> error;  // the driver root cannot be read: the inventory is empty
  // On the PCI bus, by bus id, while the driver shows no GPU at all.
  std::vector<std::string> undriven_gpus;
  bool probed = false;  // the driver was asked for what the scan cannot see
  std::optional<Error> probe_error;
  std::chrono::steady_clock::time_point probed_at;   // when the driver was asked last
  std::uint64_t generation = 0;                      // counts what differed from the look before
  std::chrono::steady_clock::time_point scanned_at;  // when the look began
};

// What there is on this node to give to anybody.
enum class NodeGpus {
  kNotLooked,
  kNone,      // no GPU on the bus, and no driver that shows any
  kUndriven,  // GPUs, and no driver that shows them
  kShown,
};
[[nodiscard]] inline NodeGpus node_gpus(const Snapshot& snapshot) {
  if (!snapshot.inventory.gpus.empty()) return NodeGpus::kShown;
  return snapshot.undriven_gpus.empty() ? NodeGpus::kNone : NodeGpus::kUndriven;
}

using SharedSnapshot = std::shared_ptr<const Snapshot>;

}  // namespace nvinject::nri
