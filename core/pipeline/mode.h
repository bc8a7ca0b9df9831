// SPDX-License-Identifier: Apache-2.0
#pragma once

// nvidia-container-runtime.mode for one container: mode "auto" looks at what is asked.

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// kAuto, kLegacy or kCdi. Names in CDI's way alone mean kCdi in mode "auto", as in the classic
// shim. kUnsupported for "csv".
[[nodiscard]] Result<RuntimeMode> choose_mode(RuntimeMode configured, const GpuRequest& request);

}  // namespace nvinject
