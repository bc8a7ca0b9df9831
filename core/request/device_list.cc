// SPDX-License-Identifier: Apache-2.0
#include "core/request/device_list.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/request/cdi_annotations.h"
#include "core/request/pod_annotations.h"
#include "core/request/word_list.h"

namespace nvinject {
namespace {

constexpr std::string_view kVisibleDevices = "NVIDIA_VISIBLE_DEVICES";

void append_variable(std::string_view name, std::string_view value, DeviceList& list) {
  if (!list.source.empty()) list.source.push_back(',');
  list.source.append(name);
  const std::vector<std::string_view> words = parse_word_list(value);
  list.words.insert(list.words.end(), words.begin(), words.end());
}

// Variables for Docker Swarm's generic resources replace NVIDIA_VISIBLE_DEVICES as soon as one is
// set.
DeviceList list_of_variables(const RequestInputs& inputs) {
  DeviceList list;
  for (const std::string& name : inputs.rules.swarm_resources) {
    if (const auto value = inputs.environment.find(name)) append_variable(name, *value, list);
  }
  if (!list.source.empty()) return list;

  if (const auto value = inputs.environment.find(kVisibleDevices)) {
    append_variable(kVisibleDevices, *value, list);
  } else if (is_legacy_image(inputs.environment)) {
    list = {.source = "CUDA_VERSION", .words = {"all"}};
  }
  return list;
}

Result<DeviceList> list_of_pod_annotations(const RequestInputs& inputs, Decisions& decisions) {
  for (const PodAnnotation& annotation :
       find_pod_annotations(inputs.facts, inputs.rules.pod_annotation_keys)) {
    NVINJECT_ASSIGN_OR_RETURN(PodAnnotationRequest request, parse_pod_annotation(annotation));
    append(decisions, std::move(request.decisions));
    if (!request.devices.empty()) {
      return DeviceList{.source = escape(annotation.key), .words = std::move(request.devices)};
    }
  }
  return DeviceList{};
}

}  // namespace

Result<DeviceList> find_device_list(const RequestInputs& inputs, Decisions& decisions) {
  CdiAnnotationRequests annotated =
      parse_cdi_annotations(inputs.facts.annotations, inputs.rules.annotation_prefixes);
  append(decisions, std::move(annotated.decisions));
  if (!annotated.devices.empty()) {
    return DeviceList{.source = "annotations", .words = std::move(annotated.devices)};
  }
  NVINJECT_ASSIGN_OR_RETURN(DeviceList of_pod, list_of_pod_annotations(inputs, decisions));
  if (!of_pod.words.empty()) return of_pod;
  if (!inputs.mounts.devices.empty()) {
    return DeviceList{.source = "volume mounts", .words = inputs.mounts.devices};
  }

  DeviceList list = list_of_variables(inputs);
  if (inputs.accepts_environment() || scope_of(list.words) == DeviceScope::kNothing) return list;
  decisions.push_back({.subject = list.source,
                       .choice = "ignored",
                       .reason = "the container is not privileged, and "
                                 "accept-nvidia-visible-devices-envvar-when-unprivileged is off"});
  return DeviceList{};
}

DeviceScope scope_of(const std::vector<std::string>& words) {
  if (words.empty() || std::find(words.begin(), words.end(), "void") != words.end()) {
    return DeviceScope::kNothing;
  }
  for (const std::string& word : words) {
    if (word == "all") return DeviceScope::kAll;
    if (word == "none") return DeviceScope::kDriverOnly;
  }
  return DeviceScope::kListed;
}

Result<std::vector<DeviceId>> parse_device_list(const DeviceList& list) {
  const auto doing = [&list] {
    return "parse " + list.source + "=" + quote(join(list.words, ","));
  };
  if (list.words.size() > kMaxListedDevices) {
    return fail(ErrorCode::kInvalidRequest,
                doing() + ": more than " + std::to_string(kMaxListedDevices) + " devices");
  }
  std::vector<DeviceId> devices;
  for (const std::string& word : list.words) {
    Result<DeviceId> id = parse_device_id(word);
    if (!id) return tl::unexpected<Error>(std::move(id).error().wrap(doing()));
    const auto is_same = [&id](const DeviceId& known) { return same_device(known, *id); };
    if (std::none_of(devices.begin(), devices.end(), is_same)) devices.push_back(*std::move(id));
  }
  return devices;
}

}  // namespace nvinject
