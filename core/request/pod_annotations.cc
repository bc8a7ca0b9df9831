// SPDX-License-Identifier: Apache-2.0
#include "core/request/pod_annotations.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/request/cdi_name.h"
#include "core/request/device_list.h"
#include "core/request/yaml_name_list.h"

namespace nvinject {
namespace {

constexpr std::string_view kOwnKey = "nvidia.cdi.k8s.io";
constexpr std::string_view kSharedKey = "cdi-devices.noderesource.dev";
constexpr std::string_view kOldSharedKey = "cdi-devices.nri.io";
constexpr std::size_t kMaxValueBytes = std::size_t{64} * 1024;

// Of equal keys the last counts.
std::optional<PodAnnotation> find_annotation(const ContainerFacts& facts, std::string_view key) {
  const auto& all = facts.pod_annotations;
  const auto found =
      std::find_if(all.rbegin(), all.rend(), [key](const auto& one) { return one.first == key; });
  if (found == all.rend()) return std::nullopt;
  return PodAnnotation{.key = found->first, .value = found->second};
}

std::optional<PodAnnotation> find_narrowest(const ContainerFacts& facts, std::string_view key) {
  std::vector<std::string_view> spellings = {key};
  if (key == kSharedKey) spellings.push_back(kOldSharedKey);
  std::vector<std::string> scopes;
  if (!facts.container_name.empty()) scopes.push_back("/container." + facts.container_name);
  scopes.insert(scopes.end(), {"/pod", ""});
  for (const std::string& scope : scopes) {
    for (const std::string_view spelling : spellings) {
      if (auto found = find_annotation(facts, std::string(spelling) + scope)) return found;
    }
  }
  return std::nullopt;
}

bool is_in_a_scope_of(std::string_view annotation, std::string_view key) {
  return annotation.starts_with(key) &&
         (annotation.size() == key.size() || annotation[key.size()] == '/');
}

bool is_own_key(std::string_view key) { return is_in_a_scope_of(key, kOwnKey); }

std::string describe(const PodAnnotation& annotation) {
  return "parse pod annotation " + escape(annotation.key) + "=" + quote(annotation.value);
}

Result<std::vector<std::string>> parse_names(const PodAnnotation& annotation) {
  if (is_own_key(annotation.key)) {
    const std::vector<std::string_view> names = split(annotation.value, ',');
    return std::vector<std::string>(names.begin(), names.end());
  }
  auto names = parse_yaml_name_list(annotation.value);
  if (names) return *std::move(names);
  return fail(ErrorCode::kInvalidRequest,
              describe(annotation) +
                  ": neither a JSON array of CDI device names nor a plain YAML list of them");
}

}  // namespace

std::vector<PodAnnotation> find_pod_annotations(const ContainerFacts& facts,
                                                const std::vector<std::string>& keys) {
  std::vector<PodAnnotation> annotations;
  for (const std::string& key : keys) {
    if (auto annotation = find_narrowest(facts, key)) annotations.push_back(*annotation);
  }
  return annotations;
}

bool may_be_pod_annotation(std::string_view annotation, const std::vector<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(), [annotation](const std::string& key) {
    return is_in_a_scope_of(annotation, key) ||
           (key == kSharedKey && is_in_a_scope_of(annotation, kOldSharedKey));
  });
}

Result<PodAnnotationRequest> parse_pod_annotation(const PodAnnotation& annotation) {
  PodAnnotationRequest request;
  if (trim(annotation.value).empty()) return request;
  if (!is_own_key(annotation.key) &&
      annotation.value.find("nvidia.com") == std::string_view::npos) {
    request.decisions.push_back(
        {escape(annotation.key), "left", "it names no device of nvidia.com"});
    return request;
  }
  if (annotation.value.size() > kMaxValueBytes) {
    return fail(ErrorCode::kInvalidRequest, describe(annotation) + ": longer than " +
                                                std::to_string(kMaxValueBytes) + " bytes");
  }
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> names, parse_names(annotation));
  if (names.size() > kMaxListedDevices) {
    return fail(ErrorCode::kInvalidRequest, describe(annotation) + ": more than " +
                                                std::to_string(kMaxListedDevices) + " devices");
  }
  for (std::string& text : names) {
    const auto name = parse_cdi_name(text);
    if (!name) {
      return fail(ErrorCode::kInvalidRequest,
                  describe(annotation) + ": " + quote(text) + " is no CDI device name");
    }
    if (is_nvidia_vendor(name->vendor)) {
      request.devices.push_back(std::move(text));
    } else {
      request.decisions.push_back(
          {escape(annotation.key), "left", quote(text) + " is a device of another vendor"});
    }
  }
  return request;
}

}  // namespace nvinject
