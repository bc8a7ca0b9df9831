// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/json/json.h"

namespace nvinject {

// Block style with a leading "---". Strings that some reader of YAML could take for something else
// are quoted.
[[nodiscard]] std::string print_yaml(const Json& value);

}  // namespace nvinject
