// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a CDI file of NVIDIA's GPUs still is about this machine.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/config/config.h"
#include "core/inventory/inventory.h"

namespace nvinject::cli {

// What is wrong with `file`, one sentence each; empty when nothing is. `fresh` is what would be
// written now. A file of another tool may name other files than ours: then those that it names must
// be there, and its devices be these GPUs.
[[nodiscard]] std::vector<std::string> compare_cdi(const CdiSpec& file, const CdiSpec& fresh);

// The same for the file at `path` and the machine of the inventory (look_for_cdi). kUnsupported: it
// is not about NVIDIA's GPUs.
[[nodiscard]] Result<std::vector<std::string>> check_cdi_file(const std::string& path,
                                                              const Inventory& inventory,
                                                              const Config& config);

// The program of our own hook in the file; empty when it has none.
[[nodiscard]] std::string hook_program_of(const CdiSpec& spec);

}  // namespace nvinject::cli
