// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/cdi/parse_spec.h"
#include "core/cdi/spec.h"
#include "core/json/json.h"

namespace nvinject {

// As the specification spells it; `version` is the spec's own or, where that is empty, the lowest
// that will do. What is empty is left out.
[[nodiscard]] Json cdi_spec_as_json(const CdiSpec& spec);

// The text of a file.
[[nodiscard]] std::string print_cdi_spec(const CdiSpec& spec, CdiFormat format);

}  // namespace nvinject
