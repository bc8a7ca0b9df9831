// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/bus_id.h"

#include <cstdint>

#include "core/base/text.h"

namespace nvinject {
namespace {

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && parse_unsigned<std::uint32_t>(text, 16).has_value();
}

}  // namespace

std::optional<std::string> normalise_bus_id(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3 || parts[0].empty() || parts[0].size() > 8) return std::nullopt;
  const auto domain = parse_unsigned<std::uint32_t>(parts[0], 16);
  const auto device = split(parts[2], '.');
  if (!domain || !is_hex(parts[1], 2) || device.size() != 2 || !is_hex(device[0], 2) ||
      !is_hex(device[1], 1)) {
    return std::nullopt;
  }
  std::string padded(8 - parts[0].size(), '0');
  return to_lower(padded.append(text));
}

}  // namespace nvinject
