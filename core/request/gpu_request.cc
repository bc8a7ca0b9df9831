// SPDX-License-Identifier: Apache-2.0
#include "core/request/gpu_request.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/request/capability_request.h"
#include "core/request/device_list.h"
#include "core/request/extra_requests.h"
#include "core/request/pod_annotations.h"
#include "core/request/request_inputs.h"
#include "core/request/requirement_list.h"

namespace nvinject {

std::vector<std::string> GpuRequest::words() const {
  if (scope == DeviceScope::kAll) return {"all"};
  if (scope == DeviceScope::kDriverOnly) return {"none"};
  std::vector<std::string> texts;
  if (scope == DeviceScope::kNothing) return texts;
  texts.reserve(devices.size());
  for (const DeviceId& id : devices) texts.push_back(id.text);
  return texts;
}

bool GpuRequest::only_cdi_names() const {
  return scope == DeviceScope::kListed &&
         std::all_of(devices.begin(), devices.end(),
                     [](const DeviceId& device) { return device.kind == DeviceIdKind::kCdiName; });
}

namespace {

// The pod's annotation for which find_device_list fails, its value taken for one word.
void outline_malformed(const RequestInputs& inputs, GpuRequest& request) {
  for (const PodAnnotation& annotation :
       find_pod_annotations(inputs.facts, inputs.rules.pod_annotation_keys)) {
    if (parse_pod_annotation(annotation)) continue;
    request.scope = DeviceScope::kListed;
    request.source = escape(annotation.key);
    request.devices.push_back({.text = escape(annotation.value)});
    return;
  }
}

}  // namespace

Result<GpuRequest> parse_request(const ContainerFacts& facts, const AcceptRules& rules) {
  const RequestInputs inputs = make_request_inputs(facts, rules);
  GpuRequest request;
  request.decisions = inputs.mounts.decisions;
  NVINJECT_ASSIGN_OR_RETURN(DeviceList list, find_device_list(inputs, request.decisions));
  request.scope = scope_of(list.words);
  // Before anything that can fail is parsed.
  if (request.empty()) return request;

  if (request.scope == DeviceScope::kListed) {
    NVINJECT_ASSIGN_OR_RETURN(request.devices, parse_device_list(list));
  }
  request.source = std::move(list.source);
  NVINJECT_ASSIGN_OR_RETURN(request.extras, parse_extra_requests(inputs, request.decisions));
  NVINJECT_ASSIGN_OR_RETURN(request.capabilities,
                            parse_capability_request(inputs.environment, rules.supported));
  NVINJECT_ASSIGN_OR_RETURN(request.requirements,
                            parse_requirement_list(inputs, request.decisions));
  return request;
}

GpuRequest outline_request(const ContainerFacts& facts, const AcceptRules& rules) {
  const RequestInputs inputs = make_request_inputs(facts, rules);
  GpuRequest request;
  request.decisions = inputs.mounts.decisions;
  auto list = find_device_list(inputs, request.decisions);
  if (!list) {
    outline_malformed(inputs, request);
    return request;
  }
  request.scope = scope_of(list->words);
  request.source = std::move(list->source);
  if (request.scope != DeviceScope::kListed) return request;
  if (list->words.size() > kMaxListedDevices) list->words.resize(kMaxListedDevices);
  for (const std::string& word : list->words) request.devices.push_back({.text = escape(word)});
  return request;
}

}  // namespace nvinject
