// SPDX-License-Identifier: Apache-2.0
#include "core/request/yaml_name_list.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/json/json.h"

namespace nvinject {
namespace {

using Names = std::vector<std::string>;

std::optional<Names> parse_json_array(std::string_view text) {
  const auto json = parse_json(text, "annotation");
  if (!json || !json->is_array()) return std::nullopt;
  Names names;
  for (const Json& element : *json) {
    if (!element.is_string()) return std::nullopt;
    names.push_back(element.get_ref<const std::string&>());
  }
  return names;
}

// a, 'a' or "a"
std::optional<std::string> parse_scalar(std::string_view text) {
  for (const char quotes : {'"', '\''}) {
    if (text.size() < 2 || text.front() != quotes || text.back() != quotes) continue;
    text = text.substr(1, text.size() - 2);
    break;
  }
  // What has a meaning of its own in YAML, even inside a plain scalar, is in no name.
  const bool is_name = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' &&
           std::string_view("\"'\\[]{},#&*!|>%@`").find(c) == std::string_view::npos;
  });
  if (text.empty() || !is_name) return std::nullopt;
  return std::string(text);
}

// `inside` is what stands between "[" and "]".
std::optional<Names> parse_flow_list(std::string_view inside) {
  Names names;
  std::vector<std::string_view> elements = split(inside, ',');
  if (trim(elements.back()).empty()) elements.pop_back();  // "[]" and "[a, ]"
  for (const std::string_view element : elements) {
    auto name = parse_scalar(trim(element));
    if (!name) return std::nullopt;
    names.push_back(*std::move(name));
  }
  return names;
}

std::optional<Names> parse_block_list(std::string_view text) {
  Names names;
  std::optional<std::size_t> indentation;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    const std::size_t spaces = line.find_first_not_of(' ');
    if (!content.starts_with("- ") || spaces != indentation.value_or(spaces)) return std::nullopt;
    indentation = spaces;
    auto name = parse_scalar(trim(content.substr(2)));
    if (!name) return std::nullopt;
    names.push_back(*std::move(name));
  }
  return names;
}

}  // namespace

std::optional<Names> parse_yaml_name_list(std::string_view text) {
  const std::string_view content = trim(text);
  if (!content.starts_with('[')) return parse_block_list(text);
  if (auto names = parse_json_array(content)) return names;
  if (!content.ends_with(']')) return std::nullopt;
  return parse_flow_list(content.substr(1, content.size() - 2));
}

}  // namespace nvinject
