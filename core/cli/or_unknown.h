// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace nvinject::cli {

// What nobody told us, as people see it.
inline std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

}  // namespace nvinject::cli
