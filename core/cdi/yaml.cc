// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/yaml.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/null.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <limits>
#include <optional>
#include <streambuf>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

// The library wants a stream; the text is read where it lies.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string& text) {
    setg(text.data(), text.data(), text.data() + text.size());
  }
};

std::string place_of(const YAML::Mark& mark) { return "line " + std::to_string(mark.line + 1); }

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

// The first problem stops it: all later events are let pass. (Nothing is thrown at the library.)
class DocumentBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { add(mark, Json()); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    reject(mark, "an alias, which is not taken here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    if (tag == "?") {
      // A key is a string whatever it looks like.
      add(mark, wants_key() ? Json(value) : plain_scalar(value));
    } else if (tag.empty() || tag == "!" || tag == "tag:yaml.org,2002:str") {
      add(mark, Json(value));
    } else {
      reject(mark, "tag " + quote(tag) + ", which is not taken here");
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, Json::object());
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Json take() { return std::move(document_); }

 private:
  struct Level {
    Json value;
    std::optional<std::string> key;  // read, and without its value yet
    std::unordered_set<std::string> keys;
    YAML::Mark mark;
  };

  void reject(const YAML::Mark& mark, const std::string& what) {
    if (problem_.empty()) problem_ = place_of(mark) + ": " + what;
  }
  [[nodiscard]] bool wants_key() const {
    return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().key;
  }
  void open(const YAML::Mark& mark, const std::string& tag, Json container) {
    if (!problem_.empty()) return;
    if (!tag.empty() && tag != "?" && tag != "!" && !tag.starts_with("tag:yaml.org,2002:")) {
      return reject(mark, "tag " + quote(tag) + ", which is not taken here");
    }
    if (wants_key()) return reject(mark, "a key that is a list or a map");
    if (levels_.size() == static_cast<std::size_t>(kMaxYamlDepth)) {
      return reject(mark, "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels");
    }
    levels_.push_back(
        {.value = std::move(container), .key = std::nullopt, .keys = {}, .mark = mark});
  }
  void close() {
    if (!problem_.empty() || levels_.empty()) return;
    const YAML::Mark mark = levels_.back().mark;
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    add(mark, std::move(value));
  }
  void take_key(const YAML::Mark& mark, const Json& value) {
    Level& level = levels_.back();
    if (!value.is_string()) return reject(mark, "a key that is empty");
    const std::string& key = value.get_ref<const std::string&>();
    if (!level.keys.insert(key).second) return reject(mark, "duplicate key " + quote(key));
    level.key = key;
  }
  void add(const YAML::Mark& mark, Json value) {
    if (!problem_.empty()) return;
    if (++nodes_ > kMaxYamlNodes) {
      return reject(mark, "more than " + std::to_string(kMaxYamlNodes) + " values");
    }
    if (levels_.empty()) {
      document_ = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_array()) {
      level.value.push_back(std::move(value));
    } else if (!level.key) {
      take_key(mark, value);
    } else {
      // Not operator[]: it would search the members again, and the key is known to be new.
      level.value.get_ref<Json::object_t&>().Container::emplace_back(*std::move(level.key),
                                                                     std::move(value));
      level.key.reset();
    }
  }

  std::vector<Level> levels_;
  Json document_;
  std::string problem_;
  std::size_t nodes_ = 0;
};

tl::unexpected<Error> malformed(std::string_view name, const std::string& problem) {
  return fail(ErrorCode::kInvalidRequest, "parse YAML of " + quote(name) + ": " + problem);
}

Result<Json> parse_one_document(std::istream& stream, std::string_view name) {
  YAML::Parser parser(stream);
  DocumentBuilder builder;
  if (!parser.HandleNextDocument(builder)) return malformed(name, "it is empty");
  if (!builder.problem().empty()) return malformed(name, builder.problem());
  DocumentBuilder rest;
  if (parser.HandleNextDocument(rest)) return malformed(name, "more than one document");
  return builder.take();
}

// Whether every reader of YAML 1.1 or 1.2 takes the bare text for this string.
bool is_safe_plain(std::string_view text) {
  constexpr std::string_view kInside =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.+=";
  constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                      "on",   "off",  "y",     "n"};
  if (text.empty() || text.find_first_not_of(kInside) != std::string_view::npos) return false;
  constexpr std::size_t kLetters = 52;
  if (text.front() != '/' && kInside.substr(0, kLetters).find(text.front()) == std::string::npos) {
    return false;
  }
  return std::none_of(kWords.begin(), kWords.end(),
                      [&](std::string_view word) { return equals_ignoring_case(text, word); });
}

void emit(YAML::Emitter& out, const Json& value);

void emit_string(YAML::Emitter& out, const std::string& text) {
  if (!is_safe_plain(text)) out << YAML::DoubleQuoted;
  out << text;
}

void emit_object(YAML::Emitter& out, const Json& value) {
  out << YAML::BeginMap;
  for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
    out << YAML::Key;
    emit_string(out, key);
    out << YAML::Value;
    emit(out, member);
  }
  out << YAML::EndMap;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value, which we made
void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    emit_object(out, value);
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& element : value) emit(out, element);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    emit_string(out, value.get_ref<const std::string&>());
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << print_json(value);
  }
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view name) {
  // The library takes a zero byte for a blank; another reader ends there.
  if (text.find('\0') != std::string_view::npos) return malformed(name, "a zero byte");
  std::string copy(text);
  TextBuffer buffer(copy);
  std::istream stream(&buffer);
  try {
    return parse_one_document(stream, name);
  } catch (const YAML::Exception& problem) {
    return malformed(name, place_of(problem.mark) + ": " + problem.msg);
  }
}

std::string print_yaml(const Json& value) {
  YAML::Emitter out;
  emit(out, value);
  return "---\n" + std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace nvinject
