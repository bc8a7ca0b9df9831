// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which GPUs of the inventory a request names. Whether the asker may have them is not decided here.

#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"

namespace nvinject {

struct Selection {
  std::vector<const Gpu*> gpus;  // into the inventory, in PCI order, without duplicates
  Decisions decisions;           // GPUs passed over by "all"
};

// "nvidia.com/gpu=0" -> "0": what stands behind "=" is an index, UUID, bus id or "all".
// kUnsupported for other vendors and classes.
[[nodiscard]] Result<std::string_view> gpu_of_cdi_name(std::string_view name);

[[nodiscard]] Result<Selection> select_gpus(const GpuRequest& request, const Inventory& inventory);

}  // namespace nvinject
