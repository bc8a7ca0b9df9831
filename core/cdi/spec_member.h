// SPDX-License-Identifier: Apache-2.0
#pragma once

// Members of a CDI file, read strictly. `where` is the path of the object that has them
// ("devices[2].containerEdits"; empty: the document), and is part of each message.

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

// kInvalidRequest: "read 'where': why".
[[nodiscard]] tl::unexpected<Error> refuse(std::string_view where, const std::string& why);

// "where.key" and "list[index]".
[[nodiscard]] std::string member(std::string_view where, std::string_view key);
[[nodiscard]] std::string element(std::string_view list, std::size_t index);

// Refuses what is not among `known`.
[[nodiscard]] Result<void> check_members(const Json& object,
                                         std::initializer_list<std::string_view> known,
                                         std::string_view where);

// Empty where it is missing. A name that looks like a number is one to YAML ("name: 0"): it is text
// all the same.
[[nodiscard]] Result<std::string> text_of(const Json& object, std::string_view key,
                                          std::string_view where);
[[nodiscard]] Result<std::string> needed_text(const Json& object, std::string_view key,
                                              std::string_view where);
[[nodiscard]] Result<std::string> path_of(const Json& object, std::string_view key,
                                          std::string_view where);
[[nodiscard]] Result<std::vector<std::string>> texts_of(const Json& object, std::string_view key,
                                                        std::string_view where);

template <class Number>
Result<std::optional<Number>> number_of(const Json& object, std::string_view key,
                                        std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::int64_t> value,
                            find_integer(object, key, where));
  if (!value) return std::optional<Number>();
  if (!std::in_range<Number>(*value)) {
    return refuse(member(where, key), std::to_string(*value) + " is out of range");
  }
  return std::optional<Number>(static_cast<Number>(*value));
}

// An array of objects, each by `parse`.
template <class Element>
Result<std::vector<Element>> parse_list(const Json& object, std::string_view key,
                                        std::string_view where,
                                        Result<Element> (*parse)(const Json&, std::string_view)) {
  NVINJECT_ASSIGN_OR_RETURN(const auto objects, find_objects(object, key, where));
  std::vector<Element> elements;
  elements.reserve(objects.size());
  for (const Json* const one : objects) {
    NVINJECT_ASSIGN_OR_RETURN(Element parsed,
                              parse(*one, element(member(where, key), elements.size())));
    elements.push_back(std::move(parsed));
  }
  return elements;
}

}  // namespace nvinject
