// SPDX-License-Identifier: Apache-2.0
#pragma once

// GPUs from /proc/driver/nvidia/gpus/<bus id>/information, in PCI order. No NVML, and no
// /dev/nvidia* is opened: with a broken GPU both may hang.

#include <string_view>
#include <vector>

#include "core/inventory/inventory.h"
#include "core/inventory/nodes.h"
#include "core/inventory/roots.h"

namespace nvinject {

// The text of one information file. What is missing in it makes the GPU a broken one. `directory`
// is the name of the directory that it lies in, the bus id in the driver's spelling.
[[nodiscard]] Gpu parse_gpu_information(std::string_view text, std::string_view directory);

// An empty list when the driver is not loaded.
[[nodiscard]] std::vector<Gpu> scan_gpus(const Roots& roots, const NodeFinder& nodes);

}  // namespace nvinject
