// SPDX-License-Identifier: Apache-2.0
#include "core/request/cdi_annotations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/text.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

bool is_nvidia_device(std::string_view text) {
  const std::optional<CdiName> name = parse_cdi_name(text);
  return name && is_nvidia_vendor(name->vendor);
}

}  // namespace

CdiAnnotationRequests parse_cdi_annotations(
    const std::vector<std::pair<std::string, std::string>>& annotations,
    const std::vector<std::string>& prefixes) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [key, value] : annotations) {
    const auto is_prefix = [&key](const std::string& prefix) { return key.starts_with(prefix); };
    if (std::any_of(prefixes.begin(), prefixes.end(), is_prefix)) sorted[key] = value;
  }

  CdiAnnotationRequests requests;
  for (const auto& [key, value] : sorted) {
    const std::vector<std::string_view> names = split(value, ',');
    const auto ours = std::count_if(names.begin(), names.end(), is_nvidia_device);
    if (ours == std::ssize(names)) {
      requests.devices.insert(requests.devices.end(), names.begin(), names.end());
    } else if (ours > 0) {
      requests.decisions.push_back(
          {.subject = escape(key),
           .choice = "ignored",
           .reason = "not every name in it is a CDI device of nvidia.com: " + quote(value)});
    }
  }
  return requests;
}

}  // namespace nvinject
