// SPDX-License-Identifier: Apache-2.0
#include "core/request/environment.h"

#include <map>

#include "core/request/container_facts.h"

namespace nvinject {

std::optional<std::string_view> Environment::find(std::string_view name) const {
  return find_variable(entries_, name);
}

std::string_view Environment::value_of(std::string_view name) const {
  return find(name).value_or(std::string_view());
}

std::vector<std::pair<std::string_view, std::string_view>> Environment::with_prefix(
    std::string_view prefix) const {
  std::map<std::string_view, std::string_view> variables;
  for (const std::string_view entry : entries_) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos || !entry.substr(0, equals).starts_with(prefix)) continue;
    variables.insert_or_assign(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return {variables.begin(), variables.end()};
}

bool is_legacy_image(const Environment& environment) {
  return !environment.value_of("CUDA_VERSION").empty() &&
         environment.value_of("NVIDIA_REQUIRE_CUDA").empty();
}

}  // namespace nvinject
