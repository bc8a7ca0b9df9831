// SPDX-License-Identifier: Apache-2.0
#include "core/grant/allocated_request.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/request/device_id.h"
#include "core/request/word_list.h"

namespace nvinject {
namespace {

constexpr std::string_view kDevicesVariable = "NVIDIA_VISIBLE_DEVICES";
constexpr std::string_view kImexVariable = "NVIDIA_IMEX_CHANNELS";
constexpr std::string_view kVolumeMountDirectory = "/var/run/nvidia-container-devices/";

bool is_uuid(std::string_view word) {
  const auto id = parse_device_id(word);
  return id && (id->kind == DeviceIdKind::kUuid || id->kind == DeviceIdKind::kMigUuid);
}

bool names_only_uuids(const ContainerFacts& facts) {
  const auto value = find_variable(facts.env, kDevicesVariable);
  if (!value) return false;
  const std::vector<std::string_view> words = parse_word_list(*value);
  return !words.empty() && std::all_of(words.begin(), words.end(), is_uuid);
}

bool is_device_mount(const MountFact& mount) {
  return mount.source == "/dev/null" && mount.destination.starts_with(kVolumeMountDirectory);
}

bool says_none(const ContainerFacts& facts) {
  const auto value = find_variable(facts.env, kDevicesVariable);
  return value && parse_word_list(*value) == std::vector<std::string_view>{"none"};
}

// Fabric switches, IMEX channels and nodes of network drivers are no part of a GPU, reach other
// tenants' jobs, and nobody allocated them. Who is privileged has them anyway.
void withhold_extras(GpuRequest& request, const std::vector<std::string>& allowed) {
  const auto withholds = [&](std::string_view what) {
    if (std::find(allowed.begin(), allowed.end(), what) != allowed.end()) return false;
    request.decisions.push_back({std::string(what), "not given",
                                 "the kubelet allocates no such thing, and in mode 'allocated' "
                                 "only a privileged container gets it by asking, or one that "
                                 "nvinject.policy.extras says may"});
    return true;
  };
  auto& channels = request.extras.imex_channels;
  if (!channels.empty() && withholds(kImexVariable)) channels.clear();
  std::erase_if(request.extras.gates, withholds);
}

}  // namespace

bool carries_gate(const ContainerFacts& facts) {
  return std::any_of(facts.mounts.begin(), facts.mounts.end(),
                     [](const MountFact& mount) { return mount.destination == kGateDestination; });
}

std::optional<std::string> allocation_hint(const ContainerFacts& facts, const AcceptRules& rules) {
  if (carries_gate(facts)) return "the mount " + quote(kGateDestination);
  if (names_only_uuids(facts)) return "a list of UUIDs in " + std::string(kDevicesVariable);
  if (std::any_of(facts.mounts.begin(), facts.mounts.end(), is_device_mount)) {
    return "mounts below " + quote(kVolumeMountDirectory);
  }
  for (const auto& annotation : facts.annotations) {
    const std::string& key = annotation.first;
    const bool is_cdi =
        std::any_of(rules.annotation_prefixes.begin(), rules.annotation_prefixes.end(),
                    [&](const std::string& prefix) { return key.starts_with(prefix); });
    if (is_cdi) return "the annotation " + quote(key);
  }
  if (find_variable(facts.env, kAllocatedVariable)) return std::string(kAllocatedVariable);
  if (facts.privileged) return std::nullopt;
  for (const DeviceFact& device : facts.devices) {
    if (minor_of_node(device.path)) return "the device " + quote(device.path);
  }
  return std::nullopt;
}

bool declines_gpus(const ContainerFacts& facts) {
  const auto value = find_variable(facts.env, kDevicesVariable);
  if (!value) return false;
  const std::vector<std::string_view> words = parse_word_list(*value);
  return words.empty() || std::find(words.begin(), words.end(), "void") != words.end();
}

Result<GpuRequest> allocated_request(const ContainerFacts& facts, const AcceptRules& rules,
                                     const Allocation& allocation,
                                     const std::vector<std::string>& extras) {
  if (declines_gpus(facts)) return GpuRequest{};
  // The same words with another list of devices, so that everything else is read as always.
  ContainerFacts entitled{.container_name = facts.container_name,
                          .privileged = facts.privileged,
                          .user_namespace = facts.user_namespace};
  for (const std::string& entry : facts.env) {
    if (!value_in_entry(entry, kDevicesVariable)) entitled.env.push_back(entry);
  }
  entitled.env.push_back(std::string(kDevicesVariable) + "=" +
                         (says_none(facts) ? "none" : join(allocation.devices, ",")));
  AcceptRules entitled_rules = rules;
  entitled_rules.env_when_unprivileged = true;
  entitled_rules.swarm_resources.clear();
  NVINJECT_ASSIGN_OR_RETURN(GpuRequest request, parse_request(entitled, entitled_rules));
  request.source = "the kubelet's allocation";
  if (!facts.privileged) withhold_extras(request, extras);
  return request;
}

}  // namespace nvinject
