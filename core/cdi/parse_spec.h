// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text of a CDI file -> CdiSpec. Strict: whoever can write such a file can have programs run as
// root, so what is not understood to the letter is refused, by name.

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/json/json.h"

namespace nvinject {

// Room for some hundred devices.
inline constexpr std::size_t kMaxCdiSpecBytes = 4U << 20U;

enum class CdiFormat { kYaml, kJson };

// By the suffix of the file name; YAML unless it is ".json".
[[nodiscard]] CdiFormat cdi_format_of(std::string_view file_name);

// kInvalidRequest names the member ("devices[2].containerEdits.hooks[0].path"); kUnsupported is a
// version of the specification that is not known here.
[[nodiscard]] Result<CdiSpec> parse_cdi_spec(std::string_view text, std::string_view name,
                                             CdiFormat format);
[[nodiscard]] Result<CdiSpec> cdi_spec_from_json(const Json& document);

}  // namespace nvinject
