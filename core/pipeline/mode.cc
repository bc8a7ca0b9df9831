// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/mode.h"

namespace nvinject {

Result<RuntimeMode> choose_mode(RuntimeMode configured, const GpuRequest& request) {
  if (configured == RuntimeMode::kCsv) {
    return fail(ErrorCode::kUnsupported,
                "nvidia-container-runtime.mode 'csv' (Tegra) is refused: it does not exist here");
  }
  if (configured == RuntimeMode::kAuto && request.only_cdi_names()) return RuntimeMode::kCdi;
  return configured;
}

}  // namespace nvinject
