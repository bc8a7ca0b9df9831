// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which of the free devices a container had better get. Pure.

#include <string>
#include <vector>

#include "nri-plugin/device_plugin/offer.h"

namespace nvinject::nri {

struct Choice {
  std::vector<std::string> available;
  std::vector<std::string> must_include;  // each of them available, too
  unsigned size = 0;
};

// As many devices as asked for, those that must be first; fewer when there are no more, which the
// kubelet takes for "no opinion". Neighbours are kept together: as few NUMA nodes as possible, then
// as near in PCI order as possible, and the fullest node that suffices, so that others stay whole.
// Of replicas those of different GPUs, and of those that fewest share.
[[nodiscard]] std::vector<std::string> prefer(const Offer& offer, const Choice& choice);

}  // namespace nvinject::nri
