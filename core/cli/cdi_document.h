// SPDX-License-Identifier: Apache-2.0
#pragma once

// The GPUs of this machine as a CDI file: through the same stages as a container that asks, once
// for each GPU, so that a name of CDI gives what the other ways give.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/config/config.h"
#include "core/inventory/inventory.h"
#include "core/pipeline/look_at_machine.h"

namespace nvinject::cli {

struct CdiDocument {
  CdiSpec spec;
  std::vector<unsigned> gpus;  // indices of those that are in it
  Decisions decisions;         // what was left out, and why
  Decisions limits;            // what CDI cannot say
};

// What a CDI file is made of. UUIDs that the driver shows only after first use are asked of it.
[[nodiscard]] Result<Inventory> look_for_cdi(const Config& config, MayPrepare may_prepare,
                                             Decisions& notes);

// `hook_program` is nvinject-hook, absolute; empty: none. GPUs that cannot be given to anybody are
// left out; kUnavailable when none is left.
[[nodiscard]] Result<CdiDocument> make_cdi_document(const Inventory& inventory,
                                                    const Config& config,
                                                    const std::string& hook_program);

}  // namespace nvinject::cli
