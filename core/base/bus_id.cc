// SPDX-License-Identifier: Apache-2.0
#include "core/base/bus_id.h"

#include <cstdint>

#include "core/base/text.h"

namespace nvinject {
namespace {

// Appends `part`, of 1 to `digits` hexadecimal digits, with the zeros that it lacks; false for
// anything else.
bool append_padded(std::string& id, std::string_view part, std::size_t digits) {
  if (part.empty() || part.size() > digits || !parse_unsigned<std::uint32_t>(part, 16)) {
    return false;
  }
  id.append(digits - part.size(), '0').append(part);
  return true;
}

}  // namespace

std::optional<std::string> normalise_bus_id(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto slot = split(parts[2], '.');
  if (slot.size() != 2) return std::nullopt;
  std::string id;
  const auto add = [&](std::string_view part, std::size_t digits, const char* separator) {
    if (!append_padded(id, part, digits)) return false;
    id += separator;
    return true;
  };
  if (!add(parts[0], 8, ":") || !add(parts[1], 2, ":") || !add(slot[0], 2, ".") ||
      !add(slot[1], 1, "")) {
    return std::nullopt;
  }
  return to_lower(id);
}

}  // namespace nvinject
