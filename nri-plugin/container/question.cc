// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/question.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace nvinject::nri {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs take_pairs(google::protobuf::RepeatedPtrField<api::KeyValue>& map) {
  Pairs pairs;
  pairs.reserve(static_cast<std::size_t>(map.size()));
  for (api::KeyValue& entry : map) {
    pairs.emplace_back(std::move(*entry.mutable_key()), std::move(*entry.mutable_value()));
  }
  return pairs;
}

// CRI-O shows annotations of the pod among those of the container, and containerd does so for keys
// that its configuration names. Whoever writes a pod may not ask in the container's name.
void drop_those_of_the_pod(Pairs& annotations, const Pairs& of_pod) {
  std::erase_if(annotations, [&](const auto& annotation) {
    return std::find(of_pod.begin(), of_pod.end(), annotation) != of_pod.end();
  });
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

Question question_from_nri(api::PodSandbox&& pod, api::Container&& container) {
  Question question;
  question.who = {.id = container.id(),
                  .name = container.name(),
                  .pod_id = container.pod_sandbox_id(),
                  .pod_uid = pod.uid(),
                  .pod = pod.name(),
                  .name_space = pod.namespace_(),
                  .runtime_handler = pod.runtime_handler()};
  ContainerFacts& facts = question.facts;
  facts.env.assign(std::move_iterator(container.mutable_env()->begin()),
                   std::move_iterator(container.mutable_env()->end()));
  facts.mounts.reserve(static_cast<std::size_t>(container.mounts_size()));
  for (api::Mount& mount : *container.mutable_mounts()) {
    facts.mounts.push_back({.source = std::move(*mount.mutable_source()),
                            .destination = std::move(*mount.mutable_destination())});
  }
  for (const api::LinuxDevice& device : container.linux().devices()) {
    facts.devices.push_back(
        {.path = device.path(), .major = device.major(), .minor = device.minor()});
  }
  facts.annotations = take_pairs(*container.mutable_annotations());
  facts.pod_annotations = take_pairs(*pod.mutable_annotations());
  drop_those_of_the_pod(facts.annotations, facts.pod_annotations);
  facts.container_name = container.name();
  facts.privileged = is_privileged(container.linux());
  facts.user_namespace = has_user_namespace(container.linux());
  return question;
}

}  // namespace nvinject::nri
