// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/crio_annotations.h"

#include <algorithm>
#include <string_view>

#include "core/json/json.h"

namespace nvinject::nri {
namespace {

constexpr std::string_view kAnnotationsKey = "io.kubernetes.cri-o.Annotations";
constexpr std::string_view kMetadataKey = "io.kubernetes.cri-o.Metadata";

// The JSON under `key`: nothing where there is no such annotation, null when it cannot be read.
std::optional<Json> json_under(const Annotations& annotations, std::string_view key) {
  const auto found = std::find_if(annotations.begin(), annotations.end(),
                                  [&](const auto& one) { return one.first == key; });
  if (found == annotations.end()) return std::nullopt;
  return parse_json(found->second, key).value_or(Json());
}

}  // namespace

std::optional<std::map<std::string, std::string>> annotations_by_crio(
    const Annotations& of_container) {
  const auto json = json_under(of_container, kAnnotationsKey);
  if (!json) return std::nullopt;
  std::map<std::string, std::string> annotations;
  if (!json->is_object()) return annotations;
  for (const auto& [key, value] : json->items()) {
    if (value.is_string()) annotations.emplace(key, value.get<std::string>());
  }
  return annotations;
}

std::string name_by_crio(const Annotations& of_container) {
  const auto json = json_under(of_container, kMetadataKey);
  if (!json || !json->is_object()) return {};
  return find_string(*json, "name", kMetadataKey).value_or(std::nullopt).value_or(std::string());
}

}  // namespace nvinject::nri
