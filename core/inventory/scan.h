// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/inventory/wanted_files.h"
#include "core/os/device_numbers.h"

namespace nvinject {

// The headline function of this stage: looks at the machine once, reads only, opens no device, runs
// nothing. A host without a driver gives an inventory without GPUs, libraries and driver version;
// the only error is a driver root that cannot be opened.
[[nodiscard]] Result<Inventory> scan(const Roots& roots, const WantedFiles& wanted,
                                     const DeviceNumbers& numbers);

}  // namespace nvinject
