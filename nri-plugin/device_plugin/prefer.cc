// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/prefer.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace nvinject::nri {
namespace {

// A GPU with the ids of it that are free, the next to be taken last.
struct Free {
  const OfferedGpu* gpu = nullptr;
  std::vector<std::string> ids;
};

unsigned node_of(const Free& free) { return free.gpu->numa_node.value_or(0); }

// In the order in which neighbours stand beside each other.
std::vector<Free> free_gpus(const Offer& offer, const std::vector<std::string>& ids) {
  std::map<unsigned, Free> by_index;
  for (const std::string& id : ids) {
    const OfferedGpu* const gpu = find_device(offer, id);
    if (gpu == nullptr) continue;
    Free& free = by_index[gpu->index];
    free.gpu = gpu;
    free.ids.push_back(id);
  }
  std::vector<Free> gpus;
  for (auto& [index, free] : by_index) {
    std::reverse(free.ids.begin(), free.ids.end());
    gpus.push_back(std::move(free));
  }
  std::sort(gpus.begin(), gpus.end(), [](const Free& a, const Free& b) {
    return std::make_pair(node_of(a), a.gpu->index) < std::make_pair(node_of(b), b.gpu->index);
  });
  return gpus;
}

std::size_t free_on_node(const std::vector<Free>& gpus, unsigned node) {
  return static_cast<std::size_t>(std::count_if(
      gpus.begin(), gpus.end(), [node](const Free& free) { return node_of(free) == node; }));
}

// How bad it would be to take `gpus[first, first + count)` beside what is taken already: the less
// the better, in this order.
using Cost = std::tuple<std::size_t,   // NUMA nodes
                        unsigned,      // from the first index to the last
                        std::size_t,   // replicas that others have
                        std::size_t>;  // free GPUs on these nodes

Cost cost_of(const std::vector<Free>& gpus, std::size_t first, std::size_t count,
             const std::vector<const OfferedGpu*>& taken, unsigned replicas) {
  std::set<unsigned> nodes;
  std::vector<unsigned> indices;
  std::size_t shared = 0;
  for (std::size_t at = first; at < first + count; ++at) {
    nodes.insert(node_of(gpus[at]));
    indices.push_back(gpus[at].gpu->index);
    shared += replicas - std::min<std::size_t>(replicas, gpus[at].ids.size());
  }
  for (const OfferedGpu* const gpu : taken) {
    nodes.insert(gpu->numa_node.value_or(0));
    indices.push_back(gpu->index);
  }
  const auto [low, high] = std::minmax_element(indices.begin(), indices.end());
  std::size_t free = 0;
  for (const unsigned node : nodes) free += free_on_node(gpus, node);
  // One replica alone has no neighbours: where fewest are is best.
  if (replicas > 1) return {shared, *high - *low, nodes.size(), free};
  return {nodes.size(), *high - *low, shared, free};
}

std::size_t best_window(const std::vector<Free>& gpus, std::size_t count,
                        const std::vector<const OfferedGpu*>& taken, unsigned replicas) {
  std::size_t best = 0;
  for (std::size_t first = 1; first + count <= gpus.size(); ++first) {
    if (cost_of(gpus, first, count, taken, replicas) <
        cost_of(gpus, best, count, taken, replicas)) {
      best = first;
    }
  }
  return best;
}

// Those of `gpus` of which nothing is taken yet; all when something is of each.
std::vector<Free> untouched(const std::vector<Free>& gpus, std::vector<const OfferedGpu*>& taken) {
  std::vector<Free> others;
  std::copy_if(gpus.begin(), gpus.end(), std::back_inserter(others), [&](const Free& free) {
    return std::find(taken.begin(), taken.end(), free.gpu) == taken.end();
  });
  if (!others.empty()) return others;
  taken.clear();
  return gpus;
}

void take_one(std::vector<Free>& gpus, const OfferedGpu* gpu) {
  for (Free& free : gpus) {
    if (free.gpu == gpu) free.ids.pop_back();
  }
  std::erase_if(gpus, [](const Free& free) { return free.ids.empty(); });
}

}  // namespace

std::vector<std::string> prefer(const Offer& offer, const Choice& choice) {
  std::vector<std::string> chosen;
  std::vector<const OfferedGpu*> taken;
  std::vector<std::string> rest;
  for (const std::string& id : choice.must_include) {
    if (chosen.size() < choice.size) chosen.push_back(id);
    if (const OfferedGpu* const gpu = find_device(offer, id)) taken.push_back(gpu);
  }
  for (const std::string& id : choice.available) {
    if (std::find(chosen.begin(), chosen.end(), id) == chosen.end()) rest.push_back(id);
  }
  std::vector<Free> gpus = free_gpus(offer, rest);
  // One of each GPU; only when that is not enough a second one, and so on.
  while (chosen.size() < choice.size && !gpus.empty()) {
    const std::vector<Free> others = untouched(gpus, taken);
    const std::size_t count = std::min(others.size(), choice.size - chosen.size());
    const std::size_t first = best_window(others, count, taken, offer.replicas);
    for (std::size_t at = first; at < first + count; ++at) {
      chosen.push_back(others[at].ids.back());
      taken.push_back(others[at].gpu);
      take_one(gpus, others[at].gpu);
    }
  }
  return chosen;
}

}  // namespace nvinject::nri
