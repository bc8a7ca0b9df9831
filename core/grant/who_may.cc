// SPDX-License-Identifier: Apache-2.0
#include "core/grant/who_may.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

// A pod without a name for it is in no list, whatever the list says.
bool lists(const std::vector<std::string>& names, const std::string& name) {
  return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Authority authority_of(const PodIdentity& pod, const GrantPolicy& policy) {
  const bool request_counts =
      policy.mode == PolicyMode::kEnv || lists(policy.management_namespaces, pod.name_space);
  return request_counts ? Authority::kRequest : Authority::kAllocation;
}

std::vector<std::string> extras_of(const PodIdentity& pod, const GrantPolicy& policy) {
  const auto& namespaces = policy.extras_namespaces;
  if (namespaces.empty() || lists(namespaces, pod.name_space)) return policy.extras;
  return {};
}

std::optional<std::string> other_injector(const PodIdentity& pod, const GrantPolicy& policy) {
  if (lists(policy.ignored_runtime_handlers, pod.runtime_handler)) {
    return "runtime handler " + quote(pod.runtime_handler) +
           " injects GPUs itself (nvinject.policy.ignored-runtime-handlers)";
  }
  if (lists(policy.ignored_namespaces, pod.name_space)) {
    return "namespace " + quote(pod.name_space) +
           " is left to another injector (nvinject.policy.ignored-namespaces)";
  }
  return std::nullopt;
}

}  // namespace nvinject
