// SPDX-License-Identifier: Apache-2.0
#pragma once

// The fence around libyaml: text with limits to the values of core/json. Only what JSON can say is
// understood: aliases are refused (a few lines of them can stand for gigabytes), and so are tags of
// one's own, several documents, and keys that are no scalars or come twice.

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

inline constexpr int kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 200000;

// Plain scalars are null, true, false or integers where they are spelled so (octal ones too, as
// modes of files are); every other one is a string. `name` says in messages what the text is.
[[nodiscard]] Result<Json> parse_yaml(std::string_view text, std::string_view name);

}  // namespace nvinject
