// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text of unknown origin: splitting, trimming, numbers, and quoting it so that it is safe in a log
// line. Nothing here throws and nothing depends on a locale.

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvinject {

// All pieces between separators, empty ones included; "" gives one empty piece.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

inline constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";  // ASCII

// The pieces between any of the separators, without the empty ones.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text,
                                                   std::string_view separators = kWhiteSpace);

// Without leading and trailing ASCII white space.
[[nodiscard]] std::string_view trim(std::string_view text);

// ASCII only.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

// 'text' in single quotes on one line: control characters, quotes and bytes above 0x7e escaped as
// \xNN, cut after 200 bytes with "…". For every operand in an error message.
[[nodiscard]] std::string quote(std::string_view text);

// The same without the quotes, for a line whose wording is fixed.
[[nodiscard]] std::string escape(std::string_view text);

// For text that goes to a terminal as it is: control characters as \xNN, all else untouched and
// uncut.
[[nodiscard]] std::string without_control_characters(std::string_view text);

[[nodiscard]] std::string join(const std::vector<std::string>& pieces, std::string_view separator);

// The whole of `text` as an unsigned number: no sign, no white space, no overflow.
template <std::unsigned_integral T>
[[nodiscard]] std::optional<T> parse_unsigned(std::string_view text, int base = 10) {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace nvinject
