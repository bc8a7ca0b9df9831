// SPDX-License-Identifier: Apache-2.0
#include "core/request/environment.h"

namespace nvinject {

Environment::Environment(const std::vector<std::string>& entries) {
  for (const std::string_view entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    values_.insert_or_assign(entry.substr(0, equals), entry.substr(equals + 1));
  }
}

std::optional<std::string_view> Environment::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string_view Environment::value_of(std::string_view name) const {
  return find(name).value_or(std::string_view());
}

std::vector<std::pair<std::string_view, std::string_view>> Environment::with_prefix(
    std::string_view prefix) const {
  std::vector<std::pair<std::string_view, std::string_view>> variables;
  for (auto at = values_.lower_bound(prefix); at != values_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    variables.emplace_back(*at);
  }
  return variables;
}

bool is_legacy_image(const Environment& environment) {
  return !environment.value_of("CUDA_VERSION").empty() &&
         environment.value_of("NVIDIA_REQUIRE_CUDA").empty();
}

}  // namespace nvinject
