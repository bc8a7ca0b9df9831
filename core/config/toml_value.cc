// SPDX-License-Identifier: Apache-2.0
#include "core/config/toml_value.h"

namespace nvinject {
namespace {

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a value of another type";
  }
}

}  // namespace

tl::unexpected<Error> bad_value(std::string why) {
  return fail(ErrorCode::kInvalidRequest, std::move(why));
}

Result<bool> as_bool(const toml::node& node) {
  if (const auto value = node.value_exact<bool>()) return *value;
  return bad_value(type_name(node) + " instead of a boolean");
}

Result<std::string> as_string(const toml::node& node) {
  if (auto value = node.value_exact<std::string>()) return *std::move(value);
  return bad_value(type_name(node) + " instead of a string");
}

Result<std::vector<std::string>> as_strings(const toml::node& node) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return bad_value(type_name(node) + " instead of an array of strings");
  std::vector<std::string> strings;
  for (const toml::node& element : *array) {
    NVINJECT_ASSIGN_OR_RETURN(std::string text, as_string(element));
    strings.push_back(std::move(text));
  }
  return strings;
}

}  // namespace nvinject
