// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which GPUs and MIG devices of the inventory a request names. Whether the asker may have them is
// not decided here.

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"

namespace nvinject {

struct SelectedMig {
  const Gpu* gpu = nullptr;
  const MigDevice* device = nullptr;  // of that GPU
};

// Pointers into the inventory, in PCI order, without duplicates. "all" selects every GPU and every
// MIG device; a GPU in MIG mode that is named selects none of its MIG devices.
struct Selection {
  std::vector<const Gpu*> gpus;  // those of the MIG devices too
  std::vector<SelectedMig> mig_devices;
  bool names_mig_devices = false;  // some were asked for one by one
  Decisions decisions;             // GPUs passed over by "all"
};

// "nvidia.com/gpu=0" -> "0": what stands behind "=" is an index, UUID, bus id or "all".
// kUnsupported for other vendors and classes.
[[nodiscard]] Result<std::string_view> gpu_of_cdi_name(std::string_view name);

// The device by its plain name, also behind "nvidia.com/gpu="; nothing for "all" and for what is no
// GPU.
[[nodiscard]] std::optional<DeviceId> plain_device_id(const DeviceId& id);

// kNotFound also for what only the probe can tell (evidence_needed).
[[nodiscard]] Result<Selection> select_gpus(const GpuRequest& request, const Inventory& inventory);

}  // namespace nvinject
