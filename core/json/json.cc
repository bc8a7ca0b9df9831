// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

// What Go's decoder allows; such a document is looked at and never printed.
constexpr int kMaxLenientDepth = 10000;

// Builds the document from nlohmann's SAX events, so that depth and duplicate keys are checked
// while reading: the library's own parser recurses nowhere but keeps the last of equal keys, and
// runtimes written in other languages may keep the first.
class DocumentBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit DocumentBuilder(JsonRules rules) : lenient_(rules == JsonRules::kLenient) {}

  bool null() override { return add(Json(nullptr)); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  // nlohmann rounds an integer of more than 64 bits to a float: writing it back would change it.
  bool number_float(number_float_t value, const string_t& text) override {
    if (!lenient_ && text.find_first_of(".eE") == string_t::npos) {
      return reject("integer " + quote(text) + " is beyond 64 bits");
    }
    return add(Json(value));
  }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return reject("binary value"); }

  bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }
  bool key(string_t& value) override {
    Level& level = levels_.back();
    level.key_is_new = level.keys.insert(value).second;
    if (!level.key_is_new && !lenient_) return reject("duplicate key " + quote(value));
    level.key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*elements*/) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return reject("malformed at byte " + std::to_string(position));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Json take() { return std::move(document_); }

 private:
  struct Level {
    Json value;
    std::string key;  // of the member that is being read
    bool key_is_new = true;
    std::unordered_set<std::string> keys;
  };

  bool reject(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }
  bool open(Json container) {
    const int limit = lenient_ ? kMaxLenientDepth : kMaxJsonDepth;
    if (levels_.size() == static_cast<std::size_t>(limit)) {
      return reject("nested deeper than " + std::to_string(limit) + " levels");
    }
    levels_.push_back(Level{.value = std::move(container)});
    return true;
  }
  bool close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return add(std::move(value));
  }
  bool add(Json value) {
    if (levels_.empty()) {
      document_ = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_array()) {
      level.value.push_back(std::move(value));
    } else if (!level.key_is_new) {
      level.value[level.key] = std::move(value);
    } else {
      // Not operator[]: it would search the members again, and the key is known to be new.
      auto& members = level.value.get_ref<Json::object_t&>();
      members.Container::emplace_back(std::move(level.key), std::move(value));
    }
    return true;
  }

  bool lenient_;
  std::vector<Level> levels_;
  Json document_;
  std::string problem_;
};

std::string member_name(std::string_view where, std::string_view key) {
  std::string name(where);
  if (!name.empty()) name.push_back('.');
  return name.append(key);
}

std::string element_name(std::string_view list, std::size_t index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}

tl::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted,
                                 const Json& found) {
  return fail(ErrorCode::kInvalidRequest, "read " + quote(name) + ": " + found.type_name() +
                                              " instead of " + std::string(wanted));
}

tl::unexpected<Error> wrong_type(std::string_view where, std::string_view key,
                                 std::string_view wanted, const Json& found) {
  return wrong_type(member_name(where, key), wanted, found);
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view name, JsonRules rules) {
  // The library takes a zero byte for the end of the text; a runtime that does not would read on.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return fail(ErrorCode::kInvalidRequest,
                "parse JSON of " + quote(name) + ": malformed at byte " + std::to_string(zero));
  }
  DocumentBuilder builder(rules);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(ErrorCode::kInvalidRequest,
                "parse JSON of " + quote(name) + ": " + builder.problem());
  }
  return builder.take();
}

std::string print_json(const Json& value, int indent, char blank) {
  // Strings that did not come through parse_json may hold invalid UTF-8: replaced, never thrown.
  return value.dump(indent, blank, false, Json::error_handler_t::replace);
}

const Json* find_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

Result<const Json*> find_object(const Json& object, std::string_view key, std::string_view where) {
  const Json* const member = find_member(object, key);
  if (member != nullptr && !member->is_object()) return wrong_type(where, key, "object", *member);
  return member;
}

Result<const Json*> find_array(const Json& object, std::string_view key, std::string_view where) {
  const Json* const member = find_member(object, key);
  if (member != nullptr && !member->is_array()) return wrong_type(where, key, "array", *member);
  return member;
}

Result<std::optional<std::string>> find_string(const Json& object, std::string_view key,
                                               std::string_view where) {
  const Json* const member = find_member(object, key);
  if (member == nullptr) return std::nullopt;
  if (!member->is_string()) return wrong_type(where, key, "string", *member);
  return member->get_ref<const std::string&>();
}

Result<std::optional<bool>> find_bool(const Json& object, std::string_view key,
                                      std::string_view where) {
  const Json* const member = find_member(object, key);
  if (member == nullptr) return std::nullopt;
  if (!member->is_boolean()) return wrong_type(where, key, "boolean", *member);
  return member->get<bool>();
}

Result<std::optional<std::int64_t>> find_integer(const Json& object, std::string_view key,
                                                 std::string_view where) {
  const Json* const member = find_member(object, key);
  if (member == nullptr) return std::nullopt;
  if (!member->is_number_integer()) return wrong_type(where, key, "integer", *member);
  if (member->is_number_unsigned() && !std::in_range<std::int64_t>(member->get<std::uint64_t>())) {
    return fail(ErrorCode::kInvalidRequest,
                "read " + quote(member_name(where, key)) + ": " + member->dump() + " is too large");
  }
  return member->get<std::int64_t>();
}

Result<std::vector<std::string>> find_strings(const Json& object, std::string_view key,
                                              std::string_view where) {
  std::vector<std::string> strings;
  NVINJECT_ASSIGN_OR_RETURN(const Json* const list, find_array(object, key, where));
  if (list == nullptr) return strings;
  strings.reserve(list->size());
  for (const Json& element : *list) {
    if (!element.is_string()) {
      return wrong_type(element_name(member_name(where, key), strings.size()), "string", element);
    }
    strings.push_back(element.get_ref<const std::string&>());
  }
  return strings;
}

Result<std::vector<const Json*>> find_objects(const Json& object, std::string_view key,
                                              std::string_view where) {
  std::vector<const Json*> objects;
  NVINJECT_ASSIGN_OR_RETURN(const Json* const list, find_array(object, key, where));
  if (list == nullptr) return objects;
  objects.reserve(list->size());
  for (const Json& element : *list) {
    if (!element.is_object()) {
      return wrong_type(element_name(member_name(where, key), objects.size()), "object", element);
    }
    objects.push_back(&element);
  }
  return objects;
}

Result<std::vector<std::pair<std::string, std::string>>> find_string_map(const Json& object,
                                                                         std::string_view key,
                                                                         std::string_view where) {
  std::vector<std::pair<std::string, std::string>> members;
  NVINJECT_ASSIGN_OR_RETURN(const Json* const map, find_object(object, key, where));
  if (map == nullptr) return members;
  members.reserve(map->size());
  for (const auto& [name, value] : map->get_ref<const Json::object_t&>()) {
    if (!value.is_string()) return wrong_type(member_name(where, key), name, "string", value);
    members.emplace_back(name, value.get_ref<const std::string&>());
  }
  return members;
}

}  // namespace nvinject
