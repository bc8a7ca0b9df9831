// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/question.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace nvinject::nri {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const google::protobuf::RepeatedPtrField<api::KeyValue>& map) {
  Pairs pairs;
  pairs.reserve(static_cast<std::size_t>(map.size()));
  for (const api::KeyValue& entry : map) pairs.emplace_back(entry.key(), entry.value());
  return pairs;
}

bool allows_every_device(const api::LinuxDeviceCgroup& rule) {
  return rule.allow() && !rule.has_major() && !rule.has_minor() && rule.access() == "rwm" &&
         (rule.type().empty() || rule.type() == "a");
}

bool is_privileged(const api::LinuxContainer& linux_section) {
  const auto& rules = linux_section.resources().devices();
  return std::any_of(rules.begin(), rules.end(), allows_every_device);
}

bool has_user_namespace(const api::LinuxContainer& linux_section) {
  const auto& namespaces = linux_section.namespaces();
  return std::any_of(namespaces.begin(), namespaces.end(),
                     [](const api::LinuxNamespace& one) { return one.type() == "user"; });
}

}  // namespace

Question question_from_nri(const api::PodSandbox& pod, const api::Container& container) {
  Question question;
  question.who = {.id = container.id(),
                  .name = container.name(),
                  .pod_id = container.pod_sandbox_id(),
                  .pod = pod.name(),
                  .name_space = pod.namespace_(),
                  .runtime_handler = pod.runtime_handler()};
  ContainerFacts& facts = question.facts;
  facts.env.assign(container.env().begin(), container.env().end());
  for (const api::Mount& mount : container.mounts()) {
    facts.mounts.push_back({.source = mount.source(), .destination = mount.destination()});
  }
  for (const api::LinuxDevice& device : container.linux().devices()) {
    facts.devices.push_back(
        {.path = device.path(), .major = device.major(), .minor = device.minor()});
  }
  facts.annotations = pairs_of(container.annotations());
  facts.pod_annotations = pairs_of(pod.annotations());
  facts.container_name = container.name();
  facts.privileged = is_privileged(container.linux());
  facts.user_namespace = has_user_namespace(container.linux());
  return question;
}

}  // namespace nvinject::nri
