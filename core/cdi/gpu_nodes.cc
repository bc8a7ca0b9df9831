// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/gpu_nodes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/text.h"

namespace nvinject {
namespace {

bool is_gpu_node(std::string_view path) {
  constexpr std::array<std::string_view, 2> kPrefixes = {"/dev/nvidia-caps/nvidia-cap",
                                                         "/dev/nvidia"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
    return path.starts_with(prefix) && parse_unsigned<unsigned>(path.substr(prefix.size()));
  });
}

}  // namespace

std::set<std::string> gpu_nodes_of(const CdiEdits& edits) {
  std::set<std::string> nodes;
  for (const CdiDeviceNode& node : edits.device_nodes) {
    if (is_gpu_node(node.path)) nodes.insert(node.path);
  }
  return nodes;
}

std::string describe_gpu_nodes(const std::set<std::string>& nodes) {
  return nodes.empty() ? "no GPU" : join({nodes.begin(), nodes.end()}, ", ");
}

}  // namespace nvinject
