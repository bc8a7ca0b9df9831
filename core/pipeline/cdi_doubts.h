// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether CDI files of our own GPUs are still about this machine. A file stays as it is when a GPU
// is gone or MIG is laid out anew, and a runtime takes it at its word.

#include <vector>

#include "core/base/decision.h"
#include "core/cdi/spec.h"
#include "core/inventory/roots.h"
#include "core/request/device_id.h"

namespace nvinject {

// A decision where the files give other GPUs or MIG devices for these names than a plan would. No
// program is run for it: names that only the driver knows stay without one.
[[nodiscard]] Decisions doubt_cdi_files(const std::vector<DeviceId>& names, const CdiEdits& edits,
                                        const Roots& roots);

}  // namespace nvinject
