// SPDX-License-Identifier: Apache-2.0
#pragma once

// Firmware of the GPU System Processor. Since Linux 5.10 the kernel reads it from the host's own
// root, so no container needs it; some who ask for a list of the driver's files do.

#include <string_view>
#include <vector>

#include "core/base/path.h"
#include "core/os/driver_root.h"

namespace nvinject {

// gsp*.bin of that driver version, links unresolved, sorted.
[[nodiscard]] std::vector<DriverPath> scan_firmware(const DriverRoot& root,
                                                    std::string_view driver_version);

}  // namespace nvinject
