// SPDX-License-Identifier: Apache-2.0
#include "core/request/capability.h"

namespace nvinject {

std::optional<Capability> find_capability(std::string_view name) {
  for (const CapabilityName& row : kCapabilityNames) {
    if (row.name == name) return row.capability;
  }
  return std::nullopt;
}

std::string to_string(CapabilitySet capabilities) {
  std::string text;
  for (const CapabilityName& row : kCapabilityNames) {
    if (!capabilities.has(row.capability)) continue;
    if (!text.empty()) text.push_back(',');
    text.append(row.name);
  }
  return text;
}

}  // namespace nvinject
