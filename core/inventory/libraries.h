// SPDX-License-Identifier: Apache-2.0
#pragma once

// The driver's shared libraries: found by name through the driver root's ld.so.cache, then in the
// usual directories, and each looked at through libelf before it is believed.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/inventory/wanted_files.h"
#include "core/os/driver_root.h"

namespace nvinject {

struct FoundLibraries {
  std::vector<Library> libraries;  // in the order wanted, 64-bit before 32-bit
  Decisions findings;
};

// `driver_version` empty: the version of the first libcuda or libnvidia-ml found counts, and is
// set.
[[nodiscard]] FoundLibraries scan_libraries(const Roots& roots, const DriverRoot& root,
                                            const WantedFiles& wanted, std::string& driver_version);

}  // namespace nvinject
