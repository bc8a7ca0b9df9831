// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which containers have to do with GPUs, from the moment that they are created to their stop. Its
// truth is what the runtime says: CreateContainer adds, StopContainer and RemoveContainer take
// away, Synchronize replaces all of it.

#include <map>
#include <string>
#include <vector>

#include "core/inventory/inventory.h"
#include "core/status/status_report.h"
#include "nri-plugin/container/container_identity.h"

namespace nvinject::nri {

struct KnownContainer {
  ContainerIdentity who;
  ContainerOutcome outcome = ContainerOutcome::kServed;
  std::string asked;
  std::string source;
  std::string reason;
  std::vector<unsigned> minors;     // of its GPU nodes
  std::vector<unsigned> would_get;  // indices of GPUs
  bool operator==(const KnownContainer&) const = default;
};

// More than a node can run: who comes behind is not remembered, so that nobody can fill our memory.
inline constexpr std::size_t kMaxKnownContainers = 16384;

class ContainerTable {
 public:
  void put(KnownContainer container);
  void remove(const std::string& id) { containers_.erase(id); }
  void clear() { containers_.clear(); }
  [[nodiscard]] bool contains(const std::string& id) const { return containers_.contains(id); }

  [[nodiscard]] const std::map<std::string, KnownContainer>& all() const { return containers_; }
  [[nodiscard]] std::size_t count(ContainerOutcome outcome) const;
  // Sorted by namespace, pod and name. Without an inventory nobody knows which GPU a minor belongs
  // to.
  [[nodiscard]] std::vector<ContainerStatus> report(const Inventory* inventory) const;

 private:
  std::map<std::string, KnownContainer> containers_;  // by id
};

}  // namespace nvinject::nri
