// SPDX-License-Identifier: Apache-2.0
#pragma once

// A MIG device by one of its names: "0:1", "MIG-<uuid>" or a beginning of it, and the way in which
// drivers before 470 wrote it, "MIG-GPU-<uuid of the GPU>/<GPU instance>/<compute instance>".

#include <string>

#include "core/base/result.h"
#include "core/grant/select_gpus.h"
#include "core/inventory/inventory.h"
#include "core/request/device_id.h"

namespace nvinject {

// "MIG device 7/0 of GPU 0": GPU instance and compute instance.
[[nodiscard]] std::string name_of(const SelectedMig& mig);

[[nodiscard]] bool names_mig_device(const DeviceId& id);

// Numbers and UUIDs are what the probe has added to the inventory. kNotFound and kInvalidRequest
// (more than one fits) name the device as it was asked for.
[[nodiscard]] Result<SelectedMig> find_mig_device(const DeviceId& id, const DeviceId& asked,
                                                  const Inventory& inventory);

// What is granted depends on the MIG layout, which changes while a machine runs and tells nobody:
// whoever decides by an inventory of before looks again.
[[nodiscard]] bool depends_on_mig_layout(const GpuRequest& request, const Inventory& inventory);

// Some MIG device of a sound GPU has no number or no UUID yet.
[[nodiscard]] bool lacks_mig_facts(const Inventory& inventory);

}  // namespace nvinject
