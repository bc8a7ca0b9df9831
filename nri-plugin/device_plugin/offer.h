// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kubelet is told to have: each GPU by its UUID, or, where several containers share one,
// as so many replicas ("GPU-…::0"). Pure.

#include <optional>
#include <string>
#include <vector>

#include "core/inventory/inventory.h"

namespace nvinject::nri {

struct OfferedGpu {
  std::string uuid;
  unsigned index = 0;  // in PCI order
  bool healthy = true;
  std::optional<unsigned> numa_node;
  bool operator==(const OfferedGpu&) const = default;
};

struct Offer {
  std::vector<OfferedGpu> gpus;
  unsigned replicas = 1;  // of each
  bool operator==(const Offer&) const = default;
};

struct OfferedDevice {
  std::string id;
  const OfferedGpu* gpu = nullptr;
};

// The GPUs that a container can be given. One of `before` that is there no longer, or broken, stays
// and is unhealthy: the kubelet must not take it for a node that never had it, and it may come
// back. NUMA nodes are the caller's to add.
[[nodiscard]] std::vector<OfferedGpu> offered_gpus(const Inventory& inventory,
                                                   const std::vector<OfferedGpu>& before);

// Why no container could be given any of them, whatever they are like themselves: no driver, or not
// the control nodes that each container needs. Empty when they can be given.
[[nodiscard]] std::string why_none_can_be_given(const Inventory& inventory);

// In the order of the GPUs; borrows from the offer.
[[nodiscard]] std::vector<OfferedDevice> devices_of(const Offer& offer);

// Null for an id that is not offered.
[[nodiscard]] const OfferedGpu* find_device(const Offer& offer, const std::string& id);

}  // namespace nvinject::nri
