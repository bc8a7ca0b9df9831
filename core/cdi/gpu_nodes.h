// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "core/cdi/spec.h"

namespace nvinject {

// What says which GPUs and MIG devices a container gets: "/dev/nvidia3", and the nodes of the
// rights of MIG devices.
[[nodiscard]] std::set<std::string> gpu_nodes_of(const CdiEdits& edits);

// "/dev/nvidia3, /dev/nvidia4", or "no GPU".
[[nodiscard]] std::string describe_gpu_nodes(const std::set<std::string>& nodes);

}  // namespace nvinject
