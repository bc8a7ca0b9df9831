// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TOML value as the type that a key wants. Errors say what is wrong with the value, without
// naming the key.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/text.h"
#include "core/config/toml.h"

namespace nvinject {

// kInvalidRequest
[[nodiscard]] tl::unexpected<Error> bad_value(std::string why);

[[nodiscard]] Result<bool> as_bool(const toml::node& node);
[[nodiscard]] Result<std::string> as_string(const toml::node& node);
[[nodiscard]] Result<std::vector<std::string>> as_strings(const toml::node& node);

// One of a few words that stand for values.
template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

template <class T>
[[nodiscard]] Result<T> find_word(const std::string& text, Words<T> words) {
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known.emplace_back(word);
  }
  return bad_value("invalid value " + quote(text) + " (known: " + join(known, ", ") + ")");
}

template <class T>
[[nodiscard]] Result<T> as_word(const toml::node& node, Words<T> words) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, as_string(node));
  return find_word<T>(text, words);
}

template <class T>
[[nodiscard]] Result<std::vector<T>> as_words(const toml::node& node, Words<T> words) {
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<std::string> texts, as_strings(node));
  std::vector<T> values;
  for (const std::string& text : texts) {
    NVINJECT_ASSIGN_OR_RETURN(const T value, find_word<T>(text, words));
    values.push_back(value);
  }
  return values;
}

}  // namespace nvinject
