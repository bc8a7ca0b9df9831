// SPDX-License-Identifier: Apache-2.0
#include "core/request/container_facts.h"

namespace nvinject {

std::optional<std::string_view> find_variable(const std::vector<std::string>& env,
                                              std::string_view name) {
  for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
    const std::string_view text = *entry;
    if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
      return text.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace nvinject
