// SPDX-License-Identifier: Apache-2.0
#pragma once

// Nodes beside those of GPUs and of the driver itself: IMEX channels, and what a variable such as
// NVIDIA_GDS opens.

#include <vector>

#include "core/inventory/inventory.h"
#include "core/inventory/nodes.h"
#include "core/inventory/wanted_files.h"

namespace nvinject {

// The first 4096 nodes that exist, and what the driver says of the others.
[[nodiscard]] ImexChannels scan_imex_channels(const NodeFinder& nodes);

// Those that exist, in the order wanted, of each pattern by name.
[[nodiscard]] std::vector<GatedNode> scan_gated_nodes(const NodeFinder& nodes,
                                                      const std::vector<GatedPattern>& wanted);

}  // namespace nvinject
