// SPDX-License-Identifier: Apache-2.0
#pragma once

// The few forms of YAML in which people write a list of names into an annotation:
//
//   ["a", "b"]      a JSON array
//   [a, 'b']        the same without quotes, or with others; over lines, too
//   - a             a block, its lines at one indentation, with comments on lines of their own
//   - "b"
//
// Nothing else of YAML: no anchors, tags, escapes or documents. A program that starts with every
// container has no room for a YAML library, nor an attacker any use for one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvinject {

// Nothing when the text is none of these forms. Names are not looked at beyond their quotes, and
// hold neither white space nor quotes; JSON strings may hold anything.
[[nodiscard]] std::optional<std::vector<std::string>> parse_yaml_name_list(std::string_view text);

}  // namespace nvinject
