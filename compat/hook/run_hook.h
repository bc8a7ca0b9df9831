// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"

namespace nvinject::compat {

// Does what `args` (without argv[0]) say to the container whose state comes from `state_fd`. What
// an image or the machine does not allow is a decision "skipped"; an Error is a caller that says
// something malformed.
[[nodiscard]] Result<Decisions> run_hook(const std::vector<std::string_view>& args, int state_fd);

}  // namespace nvinject::compat
