// SPDX-License-Identifier: Apache-2.0
#include "core/request/container_facts.h"

#include "core/base/text.h"

namespace nvinject {

std::optional<unsigned> minor_of_node(std::string_view path) {
  constexpr std::string_view kPrefix = "/dev/nvidia";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  return parse_unsigned<unsigned>(path.substr(kPrefix.size()));
}

std::optional<std::string_view> value_in_entry(std::string_view entry, std::string_view name) {
  if (entry.size() <= name.size() || entry[name.size()] != '=' || !entry.starts_with(name)) {
    return std::nullopt;
  }
  return entry.substr(name.size() + 1);
}

std::optional<std::string_view> find_variable(const std::vector<std::string>& env,
                                              std::string_view name) {
  for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
    if (const auto value = value_in_entry(*entry, name)) return value;
  }
  return std::nullopt;
}

}  // namespace nvinject
