// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/plugin_marks.h"

#include "core/base/text.h"

namespace nvinject::nri {

std::optional<unsigned> minor_of_node(std::string_view path) {
  constexpr std::string_view kPrefix = "/dev/nvidia";
  if (!path.starts_with(kPrefix)) return std::nullopt;
  return parse_unsigned<unsigned>(path.substr(kPrefix.size()));
}

std::optional<std::string> mark_of_plugin(const ContainerFacts& facts) {
  if (find_variable(facts.env, kAllocatedVariable)) return std::string(kAllocatedVariable);
  // Who is privileged has every node of the host.
  if (facts.privileged) return std::nullopt;
  for (const DeviceFact& device : facts.devices) {
    if (minor_of_node(device.path)) return "the device " + quote(device.path);
  }
  return std::nullopt;
}

}  // namespace nvinject::nri
