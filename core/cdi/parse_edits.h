// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/json/json.h"

namespace nvinject {

// "containerEdits" of a device or of the document, which is at `owner`; without that member there
// are none. kInvalidRequest names the member that is wrong.
[[nodiscard]] Result<CdiEdits> parse_cdi_edits(const Json& owner_json, std::string_view owner);

}  // namespace nvinject
