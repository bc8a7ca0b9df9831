// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bytes as they stand in protocol documents, and bytes of a given size.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nvinject::testing {

// "00 0a | ff" is three bytes: pairs of lower-case hex digits, everything else is for the eye.
[[nodiscard]] inline std::string from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  int high = -1;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;
    if (high >= 0) out.push_back(static_cast<char>(high * 16 + static_cast<int>(digit)));
    high = high >= 0 ? -1 : static_cast<int>(digit);
  }
  return out;
}

// `size` bytes of which no two neighbouring pieces are alike, so that a lost or doubled one shows.
[[nodiscard]] inline std::string numbered_bytes(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : out) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return out;
}

}  // namespace nvinject::testing
