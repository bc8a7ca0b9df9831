// SPDX-License-Identifier: Apache-2.0
#pragma once

// The GPUs and MIG devices of this machine as a CDI file: through the same stages as a container
// that asks, once for each of them, so that a name of CDI gives what the other ways give.

#include <cstddef>
#include <string>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/cli/cdi_names.h"
#include "core/config/config.h"
#include "core/inventory/inventory.h"
#include "core/pipeline/look_at_machine.h"

namespace nvinject::cli {

struct CdiDocumentOptions {
  std::string hook_program;  // nvinject-hook, absolute; empty: none
  CdiNamings namings = kUsualCdiNamings;
};

struct CdiDocument {
  CdiSpec spec;
  std::size_t gpus = 0;         // that are in it as a whole
  std::size_t mig_devices = 0;  // that are in it
  Decisions decisions;          // what was left out, and why
  Decisions limits;             // what CDI cannot say, or nobody could use
};

// What a CDI file is made of. What the driver shows nowhere (UUIDs before first use, and those of
// MIG devices with their indices) it is asked; that it does not tell is a note.
[[nodiscard]] Result<Inventory> look_for_cdi(const Config& config, MayPrepare may_prepare,
                                             Decisions& notes);

// Nothing is left to ask the driver for: every device that can be given has all its names.
[[nodiscard]] bool knows_every_name(const Inventory& inventory);

// A GPU in MIG mode is in it as its MIG devices, with the nodes that a request for them brings.
// What cannot be given to anybody is left out; kUnavailable when nothing is left.
[[nodiscard]] Result<CdiDocument> make_cdi_document(const Inventory& inventory,
                                                    const Config& config,
                                                    const CdiDocumentOptions& options);

}  // namespace nvinject::cli
