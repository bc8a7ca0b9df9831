// SPDX-License-Identifier: Apache-2.0
#pragma once

// The part of a plan beside GPUs and driver files: the nodes of MIG devices and of MIG management,
// of IMEX channels, and what gates open.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/grant/grant.h"
#include "core/inventory/inventory.h"
#include "core/plan/plan.h"

namespace nvinject {

// The files below /proc/driver/nvidia/capabilities that stand for what is granted, each once: of
// both instances of each MIG device, and of MIG management. Whoever has that sees every MIG device
// of the granted GPUs.
[[nodiscard]] std::vector<std::string> granted_capabilities(const Grant& grant,
                                                            const Inventory& inventory);

// kUnavailable: a MIG device without one of its nodes.
[[nodiscard]] Result<void> plan_extra_devices(const Grant& grant, const Inventory& inventory,
                                              InjectionPlan& plan);

void plan_gated_files(const Grant& grant, const Inventory& inventory, InjectionPlan& plan);

}  // namespace nvinject
