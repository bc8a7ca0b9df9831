// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line as users of the classic tools know it, and as scripts look for it (reference:
// libnvidia-container, "General"): "nvidia-container-cli: <category>: <message>".

#include <string>
#include <string_view>

#include "compat/live/serve_live.h"
#include "core/base/result.h"

namespace nvinject::compat {

// Without the program's name and without a line end. A message that names its category itself, as
// "requirement error: …" does, keeps it.
[[nodiscard]] std::string format_error_line(Failure failure, std::string_view message);

}  // namespace nvinject::compat
