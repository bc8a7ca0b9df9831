// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is granted besides GPUs: MIG management, IMEX channels, gated devices.

#include "core/base/result.h"
#include "core/grant/grant.h"
#include "core/grant/select_gpus.h"
#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// kInvalidRequest: MIG management of less than everything. kNotFound: an IMEX channel or a right
// that the driver does not offer. A gate opens what is there, be it nothing: whoever sets one for
// every container of a node cannot know.
[[nodiscard]] Result<void> grant_extras(const GpuRequest& request, const Selection& selection,
                                        const Inventory& inventory, Grant& grant);

}  // namespace nvinject
