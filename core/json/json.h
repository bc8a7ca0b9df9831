// SPDX-License-Identifier: Apache-2.0
#pragma once

// The fence around nlohmann/json: parsing with limits, lookups that return Result, and printing.
// Key order and integers survive a round trip exactly (one beyond 64 bits is refused, never
// rounded); the spelling of a float may change (1e3 -> 1000.0).

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

using Json = nlohmann::ordered_json;

// Deeper nesting than any OCI spec has; printing recurses, so a limit is a must.
inline constexpr int kMaxJsonDepth = 128;

// Strict: one value, UTF-8, no comments, no duplicate keys, at most kMaxJsonDepth levels. `name`
// says in messages what the text is; the place is named as "at byte N" or by its JSON pointer.
//
// Lenient: of duplicate keys the last counts and a number that does not fit is rounded, as runtimes
// written in Go read what they look at. For looking only; a document that is to be written again is
// read strictly.
enum class JsonRules { kStrict, kLenient };
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view name,
                                      JsonRules rules = JsonRules::kStrict);

// On one line as runtimes write it, or indented by `indent` of these characters when that is not
// negative.
[[nodiscard]] std::string print_json(const Json& value, int indent = -1, char blank = ' ');

// Lookups: the member of an object, null when absent or JSON null (Go writes null for nil); another
// type than asked for is kInvalidRequest with `where` (a path like "process.env") in the message.
[[nodiscard]] const Json* find_member(const Json& object, std::string_view key);
[[nodiscard]] Result<const Json*> find_object(const Json& object, std::string_view key,
                                              std::string_view where);
[[nodiscard]] Result<const Json*> find_array(const Json& object, std::string_view key,
                                             std::string_view where);
[[nodiscard]] Result<std::optional<std::string>> find_string(const Json& object,
                                                             std::string_view key,
                                                             std::string_view where);
[[nodiscard]] Result<std::optional<bool>> find_bool(const Json& object, std::string_view key,
                                                    std::string_view where);
[[nodiscard]] Result<std::optional<std::int64_t>> find_integer(const Json& object,
                                                               std::string_view key,
                                                               std::string_view where);

// Lookups of whole lists, empty when absent. Messages name the element: "process.env[3]".
[[nodiscard]] Result<std::vector<std::string>> find_strings(const Json& object,
                                                            std::string_view key,
                                                            std::string_view where);
[[nodiscard]] Result<std::vector<const Json*>> find_objects(const Json& object,
                                                            std::string_view key,
                                                            std::string_view where);
// An object whose members are all strings, in order.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> find_string_map(
    const Json& object, std::string_view key, std::string_view where);

}  // namespace nvinject
