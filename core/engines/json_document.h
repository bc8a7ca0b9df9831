// SPDX-License-Identifier: Apache-2.0
#pragma once

// A configuration file in JSON that belongs to somebody else: parsed, and printed again as it was
// written.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

// An object; a text of blanks is an empty one. `file` is for messages.
[[nodiscard]] Result<Json> parse_document(std::string_view text, std::string_view file,
                                          std::size_t max_bytes);

// With the width of indentation and the last line of `before`, its text until now.
[[nodiscard]] std::string print_document(const Json& document, std::string_view before);

}  // namespace nvinject
