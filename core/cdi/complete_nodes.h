// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/base/result.h"
#include "core/cdi/spec.h"

namespace nvinject {

// Adds what a file leaves to the machine: type, numbers and mode of the node at `host_path`. A link
// there is followed by no reader of CDI. kNotFound, or kUnavailable for what is no device of the
// type that the file says.
[[nodiscard]] Result<void> complete_nodes(std::vector<CdiDeviceNode>& nodes);

}  // namespace nvinject
