// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/spec_member.h"

#include <algorithm>

#include "core/base/text.h"

namespace nvinject {

tl::unexpected<Error> refuse(std::string_view where, const std::string& why) {
  return fail(ErrorCode::kInvalidRequest, "read " + quote(where) + ": " + why);
}

std::string member(std::string_view where, std::string_view key) {
  return where.empty() ? std::string(key) : std::string(where).append(".").append(key);
}

std::string element(std::string_view list, std::size_t index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}

Result<void> check_members(const Json& object, std::initializer_list<std::string_view> known,
                           std::string_view where) {
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return refuse(member(where, key), "the specification knows no such member");
    }
  }
  return {};
}

Result<std::string> text_of(const Json& object, std::string_view key, std::string_view where) {
  const Json* const found = find_member(object, key);
  if (found != nullptr && found->is_number_integer()) return print_json(*found);
  NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> text, find_string(object, key, where));
  if (text && text->find('\0') != std::string::npos) {
    return refuse(member(where, key), "a zero byte");
  }
  return std::move(text).value_or("");
}

Result<std::string> needed_text(const Json& object, std::string_view key, std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::string text, text_of(object, key, where));
  if (text.empty()) return refuse(member(where, key), "it is missing or empty");
  return text;
}

Result<std::string> path_of(const Json& object, std::string_view key, std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, needed_text(object, key, where));
  if (path.front() != '/') {
    return refuse(member(where, key), quote(path) + " is not an absolute path");
  }
  return path;
}

Result<std::vector<std::string>> texts_of(const Json& object, std::string_view key,
                                          std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> texts, find_strings(object, key, where));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find('\0') != std::string::npos) {
      return refuse(element(member(where, key), i), "a zero byte");
    }
  }
  return texts;
}

}  // namespace nvinject
