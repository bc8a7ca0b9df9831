// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <algorithm>

namespace nvinject {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

// What may follow a first byte (RFC 3629, section 4): how many bytes the character has, and the
// range of its second one. Every further one is 80 to BF.
struct Row {
  unsigned char first_low, first_high;
  std::size_t bytes;
  unsigned char second_low, second_high;
};

constexpr Row kRows[] = {
    {0x00, 0x7f, 1, 0x80, 0xbf}, {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

bool is_in(char byte, unsigned char low, unsigned char high) {
  const auto value = static_cast<unsigned char>(byte);
  return value >= low && value <= high;
}

}  // namespace

std::size_t utf8_character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const Row* const row = std::find_if(std::begin(kRows), std::end(kRows), [&text](const Row& each) {
    return is_in(text[0], each.first_low, each.first_high);
  });
  if (row == std::end(kRows) || text.size() < row->bytes) return 0;
  if (row->bytes > 1 && !is_in(text[1], row->second_low, row->second_high)) return 0;
  for (std::size_t i = 2; i < row->bytes; ++i) {
    if (!is_in(text[i], 0x80, 0xbf)) return 0;
  }
  return row->bytes;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string to_utf8(std::string_view text, std::size_t max_bytes) {
  std::string out;
  std::size_t fits_with_ellipsis = 0;
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    const std::string_view character = bytes == 0 ? kReplacement : text.substr(0, bytes);
    if (out.size() + character.size() > max_bytes) {
      out.resize(fits_with_ellipsis);
      if (max_bytes >= kEllipsis.size()) out.append(kEllipsis);
      return out;
    }
    out.append(character);
    if (out.size() + kEllipsis.size() <= max_bytes) fits_with_ellipsis = out.size();
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

}  // namespace nvinject
