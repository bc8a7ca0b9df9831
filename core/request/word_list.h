// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comma separated words: what most variables of this module hold.

#include <string_view>
#include <vector>

namespace nvinject {

// Trimmed, empty words dropped: " 0, 1,," -> "0" "1".
[[nodiscard]] std::vector<std::string_view> parse_word_list(std::string_view text);

}  // namespace nvinject
