// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks the driver, through nvinject-probe in a process of its own: driver code hangs, crashes and
// reads its environment, none of which may happen to a program that starts containers.

#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/inventory/probe_command.h"
#include "core/inventory/probe_report.h"
#include "core/inventory/roots.h"

namespace nvinject {

// A report without any GPU is an Error that says what was run and what it printed; one that was cut
// short has the GPUs that answered, and its error.
[[nodiscard]] Result<ProbeReport> run_nvml_probe(const Inventory& inventory, const Roots& roots,
                                                 const ProbeOptions& options);

}  // namespace nvinject
