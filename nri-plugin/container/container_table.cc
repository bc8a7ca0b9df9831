// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/container_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace nvinject::nri {
namespace {

std::vector<unsigned> indices_of(const std::vector<unsigned>& minors, const Inventory* inventory) {
  std::vector<unsigned> indices;
  if (inventory == nullptr) return indices;
  for (const Gpu& gpu : inventory->gpus) {
    if (gpu.minor && std::find(minors.begin(), minors.end(), *gpu.minor) != minors.end()) {
      indices.push_back(gpu.index);
    }
  }
  return indices;
}

}  // namespace

void ContainerTable::put(KnownContainer container) {
  if (containers_.size() >= kMaxKnownContainers && !containers_.contains(container.who.id)) return;
  std::string id = container.who.id;
  containers_.insert_or_assign(std::move(id), std::move(container));
}

std::size_t ContainerTable::count(ContainerOutcome outcome) const {
  return static_cast<std::size_t>(
      std::count_if(containers_.begin(), containers_.end(),
                    [outcome](const auto& entry) { return entry.second.outcome == outcome; }));
}

std::vector<ContainerStatus> ContainerTable::report(const Inventory* inventory) const {
  std::vector<ContainerStatus> report;
  report.reserve(containers_.size());
  for (const auto& [id, container] : containers_) {
    report.push_back({.id = id,
                      .name = container.who.name,
                      .pod = container.who.pod,
                      .name_space = container.who.name_space,
                      .asked = container.asked,
                      .source = container.source,
                      .outcome = container.outcome,
                      .gpus = indices_of(container.minors, inventory),
                      .would_get = container.would_get,
                      .reason = container.reason});
  }
  std::sort(report.begin(), report.end(), [](const ContainerStatus& a, const ContainerStatus& b) {
    return std::tie(a.name_space, a.pod, a.name, a.id) <
           std::tie(b.name_space, b.pod, b.name, b.id);
  });
  return report;
}

}  // namespace nvinject::nri
