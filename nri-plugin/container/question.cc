// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/question.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "nri-plugin/container/crio_annotations.h"

namespace nvinject::nri {
namespace {

Annotations take_pairs(google::protobuf::RepeatedPtrField<api::KeyValue>& map) {
  Annotations pairs;
  pairs.reserve(static_cast<std::size_t>(map.size()));
  for (api::KeyValue& entry : map) {
    pairs.emplace_back(std::move(*entry.mutable_key()), std::move(*entry.mutable_value()));
  }
  return pairs;
}

// Whoever writes a pod may not ask in the container's name. CRI-O shows annotations of the pod
// among those of the container, and containerd does so for keys that its configuration names: a key
// that the pod has, too, is the container's in nobody's word, and CRI-O says which are its own.
void keep_the_containers_own(Annotations& annotations, const Annotations& of_pod) {
  std::set<std::string_view> keys_of_pod;
  for (const auto& [key, value] : of_pod) keys_of_pod.insert(key);
  const auto by_crio = annotations_by_crio(annotations);
  std::erase_if(annotations, [&](const auto& annotation) {
    if (keys_of_pod.contains(annotation.first)) return true;
    if (!by_crio) return false;
    const auto own = by_crio->find(annotation.first);
    return own == by_crio->end() || own->second != annotation.second;
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
  if (question.who.name.empty()) question.who.name = name_by_crio(facts.annotations);
  keep_the_containers_own(facts.annotations, facts.pod_annotations);
  facts.container_name = question.who.name;
  facts.privileged = is_privileged(container.linux());
  facts.user_namespace = has_user_namespace(container.linux());
  return question;
}

}  // namespace nvinject::nri
