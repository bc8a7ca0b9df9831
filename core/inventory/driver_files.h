// SPDX-License-Identifier: Apache-2.0
#pragma once

// Programs and sockets of the driver. Programs are looked for in the usual directories of the
// driver root and never through $PATH: that belongs to whoever started us.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/inventory/inventory.h"
#include "core/inventory/wanted_files.h"
#include "core/os/driver_root.h"

namespace nvinject {

struct FoundFiles {
  std::vector<DriverFile> programs;
  std::vector<DriverFile> sockets;
  std::vector<DriverFile> gated;
  Decisions findings;
};

// `mps_pipes` as in Roots.
[[nodiscard]] FoundFiles scan_driver_files(const DriverRoot& root, const WantedFiles& wanted,
                                           const std::string& mps_pipes);

}  // namespace nvinject
