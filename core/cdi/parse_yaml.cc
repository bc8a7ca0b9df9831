// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_yaml.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

// What the library fills in memory of its own.
struct Event {
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event); }
  yaml_event_t event = {};
};

class Parser {
 public:
  explicit Parser(std::string_view text) : usable_(yaml_parser_initialize(&parser_) == 1) {
    if (!usable_) return;
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { yaml_parser_delete(&parser_); }

  // Nothing when the text is malformed here.
  bool next(Event& into) { return usable_ && yaml_parser_parse(&parser_, &into.event) == 1; }
  [[nodiscard]] std::string problem() const {
    const std::string what = parser_.problem == nullptr ? "malformed" : parser_.problem;
    return "line " + std::to_string(parser_.problem_mark.line + 1) + ": " + what;
  }

 private:
  yaml_parser_t parser_ = {};
  bool usable_;
};

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

// Also "0666" and "0o666" for octal numbers and "0x1b6" for others: file modes are written so.
std::optional<Json> as_integer(std::string_view text) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0o")) {
    base = digits[1] == 'x' ? 16 : 8;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  const auto value = parse_unsigned<std::uint64_t>(digits, base);
  if (!value || *value > kMax) return std::nullopt;
  const auto number = static_cast<std::int64_t>(*value);
  return Json(negative ? -number : number);
}

Json plain_scalar(const std::string& text) {
  for (const auto* const word : {"true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (const auto* const word : {"false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  return as_integer(text).value_or(Json(text));
}

bool is_null_word(std::string_view text) {
  constexpr std::array<std::string_view, 5> kWords = {"", "~", "null", "Null", "NULL"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

// One document from the events of the library.
class DocumentBuilder {
 public:
  // False when the event cannot be taken: problem() says why.
  bool take(const yaml_event_t& event) {
    line_ = event.start_mark.line + 1;
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return take_scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event.data.sequence_start.tag, Json::array());
      case YAML_MAPPING_START_EVENT:
        return open(event.data.mapping_start.tag, Json::object());
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close();
      case YAML_ALIAS_EVENT:
        return reject("an alias, which is not taken here");
      case YAML_DOCUMENT_START_EVENT:
        if (++documents_ > 1) return reject("more than one document");
        return true;
      default:
        return true;
    }
  }

  [[nodiscard]] bool is_empty() const { return documents_ == 0; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Json take_document() { return std::move(document_); }

 private:
  struct Level {
    Json value;
    std::optional<std::string> key;  // read, and without its value yet
    std::unordered_set<std::string> keys;
  };

  bool reject(const std::string& what) {
    problem_ = "line " + std::to_string(line_) + ": " + what;
    return false;
  }
  [[nodiscard]] bool wants_key() const {
    return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().key;
  }
  bool take_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string tag = text_of(scalar.tag);
    if (!tag.empty() && tag != YAML_STR_TAG && tag != "!") {
      return reject("tag " + quote(tag) + ", which is not taken here");
    }
    if (wants_key()) return take_key(std::move(text));
    if (!tag.empty() || scalar.style != YAML_PLAIN_SCALAR_STYLE) return add(Json(std::move(text)));
    return add(is_null_word(text) ? Json() : plain_scalar(text));
  }
  bool open(const yaml_char_t* tag, Json container) {
    const std::string name = text_of(tag);
    if (!name.empty() && name != YAML_MAP_TAG && name != YAML_SEQ_TAG && name != "!") {
      return reject("tag " + quote(name) + ", which is not taken here");
    }
    if (wants_key()) return reject("a key that is a list or a map");
    if (levels_.size() == static_cast<std::size_t>(kMaxYamlDepth)) {
      return reject("nested deeper than " + std::to_string(kMaxYamlDepth) + " levels");
    }
    levels_.push_back({.value = std::move(container), .key = std::nullopt, .keys = {}});
    return true;
  }
  bool close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return add(std::move(value));
  }
  bool take_key(std::string key) {
    Level& level = levels_.back();
    if (!level.keys.insert(key).second) return reject("duplicate key " + quote(key));
    level.key = std::move(key);
    return true;
  }
  bool add(Json value) {
    if (++nodes_ > kMaxYamlNodes) {
      return reject("more than " + std::to_string(kMaxYamlNodes) + " values");
    }
    if (levels_.empty()) {
      document_ = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_array()) {
      level.value.push_back(std::move(value));
    } else {
      // Not operator[]: it would search the members again, and the key is known to be new.
      level.value.get_ref<Json::object_t&>().Container::emplace_back(*std::move(level.key),
                                                                     std::move(value));
      level.key.reset();
    }
    return true;
  }

  std::vector<Level> levels_;
  Json document_;
  std::string problem_;
  std::size_t line_ = 0;
  std::size_t nodes_ = 0;
  unsigned documents_ = 0;
};

tl::unexpected<Error> malformed(std::string_view name, const std::string& problem) {
  return fail(ErrorCode::kInvalidRequest, "parse YAML of " + quote(name) + ": " + problem);
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view name) {
  // Some readers take a zero byte for the end.
  if (text.find('\0') != std::string_view::npos) return malformed(name, "a zero byte");
  Parser parser(text);
  DocumentBuilder builder;
  for (bool at_end = false; !at_end;) {
    Event event;
    if (!parser.next(event)) return malformed(name, parser.problem());
    if (!builder.take(event.event)) return malformed(name, builder.problem());
    at_end = event.event.type == YAML_STREAM_END_EVENT;
  }
  if (builder.is_empty()) return malformed(name, "it is empty");
  return builder.take_document();
}

}  // namespace nvinject
