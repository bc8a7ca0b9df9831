// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/concerns_us.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/grant/allocated_request.h"
#include "core/request/pod_annotations.h"
#include "nri-plugin/wire/field_reader.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

using api::Container;
using api::CreateContainerRequest;
using api::KeyValue;
using api::LinuxContainer;
using api::LinuxDevice;
using api::Mount;
using api::PodSandbox;

constexpr std::string_view kDevicePrefix = "/dev/nvidia";
constexpr std::string_view kVolumeMountDirectory = "nvidia-container-devices";

bool env_asks(std::string_view entry, const AcceptRules& rules) {
  const auto sets = [&](std::string_view name) { return value_in_entry(entry, name).has_value(); };
  return sets("NVIDIA_VISIBLE_DEVICES") || sets("CUDA_VERSION") ||
         std::any_of(rules.swarm_resources.begin(), rules.swarm_resources.end(), sets);
}

// Whether the field `number` of a message has some value that `matches`; true too when it cannot be
// read.
template <class Matches>
bool any_field(std::string_view message, std::uint32_t number, Matches matches) {
  FieldReader fields(message);
  while (const auto field = fields.next()) {
    if (field->number == number && matches(field->bytes)) return true;
  }
  return !fields.ok();
}

bool has_prefix(std::string_view key, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return key.starts_with(prefix); });
}

template <class Matches>
bool has_key(std::string_view annotation, Matches matches) {
  return any_field(annotation, KeyValue::kKeyFieldNumber, matches);
}

bool mount_asks(std::string_view mount, const AcceptRules& rules) {
  return any_field(mount, Mount::kDestinationFieldNumber, [&](std::string_view destination) {
    return destination == kGateDestination ||
           (rules.volume_mounts &&
            destination.find(kVolumeMountDirectory) != std::string_view::npos);
  });
}

bool has_gpu_node(std::string_view linux_container) {
  return any_field(
      linux_container, LinuxContainer::kDevicesFieldNumber, [](std::string_view device) {
        return any_field(device, LinuxDevice::kPathFieldNumber,
                         [](std::string_view path) { return path.starts_with(kDevicePrefix); });
      });
}

}  // namespace

bool container_concerns_us(std::string_view container, const AcceptRules& rules) {
  FieldReader fields(container);
  while (const auto field = fields.next()) {
    bool concerns = false;
    switch (field->number) {
      case Container::kEnvFieldNumber:
        concerns = env_asks(field->bytes, rules);
        break;
      case Container::kAnnotationsFieldNumber:
        concerns = has_key(field->bytes, [&](std::string_view key) {
          return has_prefix(key, rules.annotation_prefixes);
        });
        break;
      case Container::kMountsFieldNumber:
        concerns = mount_asks(field->bytes, rules);
        break;
      case Container::kLinuxFieldNumber:
        concerns = has_gpu_node(field->bytes);
        break;
      default:
        break;
    }
    if (concerns) return true;
  }
  return !fields.ok();
}

bool pod_concerns_us(std::string_view pod, const AcceptRules& rules) {
  const auto& keys = rules.pod_annotation_keys;
  return !keys.empty() &&
         any_field(pod, PodSandbox::kAnnotationsFieldNumber, [&](std::string_view annotation) {
           return has_key(annotation,
                          [&](std::string_view key) { return may_be_pod_annotation(key, keys); });
         });
}

bool create_request_concerns_us(std::string_view create_request, const AcceptRules& rules) {
  FieldReader fields(create_request);
  while (const auto field = fields.next()) {
    const bool concerns = (field->number == CreateContainerRequest::kPodFieldNumber &&
                           pod_concerns_us(field->bytes, rules)) ||
                          (field->number == CreateContainerRequest::kContainerFieldNumber &&
                           container_concerns_us(field->bytes, rules));
    if (concerns) return true;
  }
  return !fields.ok();
}

}  // namespace nvinject::nri
