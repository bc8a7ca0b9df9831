// SPDX-License-Identifier: Apache-2.0
#pragma once

// The driver's kernel modules: whether they are loaded, and loading them with the system's
// modprobe.

#include <chrono>
#include <string>

#include "core/base/result.h"
#include "core/inventory/roots.h"

namespace nvinject {

// `module` as modprobe knows it: "nvidia-uvm". A module that is still starting does not count.
[[nodiscard]] bool is_module_loaded(const Roots& roots, const std::string& module);

// Runs modprobe: below the driver root where that has one (a driver container brings its modules
// along), else the host's. The Error says what was run and what it printed.
[[nodiscard]] Result<void> load_module(const Roots& roots, const std::string& module,
                                       std::chrono::milliseconds deadline);

}  // namespace nvinject
