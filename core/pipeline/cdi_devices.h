// SPDX-License-Identifier: Apache-2.0
#pragma once

// Devices that a container asks for by names of CDI, from the files of whatever vendor.

#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/config/config.h"
#include "core/request/gpu_request.h"

namespace nvinject {

struct CdiShare {
  CdiEdits edits;  // what the files say, nodes complete
  // Of the request, what the plan is to give: in mode "auto" our own GPUs need no file.
  std::vector<DeviceId> rest;
  Decisions decisions;
};

// In mode "cdi" every name is looked up, of the default kind where it is not qualified; in mode
// "auto" the names of nvidia.com/gpu are left over unless the files have all of them. Errors as of
// find_cdi_devices, and nodes that are not there. In mode "auto" a decision says when the files
// give other GPUs than the plan would.
[[nodiscard]] Result<CdiShare> take_from_cdi_files(const GpuRequest& request, const Config& config);

}  // namespace nvinject
