// SPDX-License-Identifier: Apache-2.0
#pragma once

// UTF-8 as protobuf and Go see it: for those who refuse a whole message for one wrong byte in a
// string.

#include <cstddef>
#include <string>
#include <string_view>

namespace nvinject {

// The bytes of the first character: 1 to 4, or 0 for what RFC 3629 does not allow (overlong forms,
// surrogates, more than U+10FFFF, a cut character) and for the end of the text.
[[nodiscard]] std::size_t utf8_character_bytes(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// Each byte of `text` that belongs to no character replaced by U+FFFD. At most `max_bytes` long:
// cut between two characters, and then it ends with "…".
[[nodiscard]] std::string to_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace nvinject
