// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/extra_nodes.h"

#include <string>
#include <string_view>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kImexDirectory = "nvidia-caps-imex-channels";
constexpr std::string_view kImexPrefix = "channel";
constexpr std::size_t kMaxImexNodes = 4096;
// More than any machine has of one kind.
constexpr std::size_t kMaxGatedNodes = 256;

bool fits(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

void add_gated_nodes(const NodeFinder& nodes, const GatedPattern& wanted,
                     std::vector<GatedNode>& found) {
  const std::size_t slash = wanted.pattern.rfind('/');
  const bool is_below = slash != std::string_view::npos;
  const std::string directory(is_below ? wanted.pattern.substr(0, slash) : std::string_view());
  const std::string_view pattern = is_below ? wanted.pattern.substr(slash + 1) : wanted.pattern;
  for (const std::string& name : nodes.names_in(directory)) {
    if (!fits(name, pattern)) continue;
    if (found.size() == kMaxGatedNodes) return;
    std::string path = directory.empty() ? name : join({directory, name}, "/");
    const auto node = nodes.find_existing(path);
    if (node) found.push_back({std::string(wanted.gate), std::move(path), *node});
  }
}

}  // namespace

ImexChannels scan_imex_channels(const NodeFinder& nodes) {
  const std::string directory(kImexDirectory);
  ImexChannels channels;
  for (const std::string& name : nodes.names_in(directory)) {
    if (!name.starts_with(kImexPrefix) || channels.nodes.size() == kMaxImexNodes) continue;
    const auto number = parse_unsigned<unsigned>(std::string_view(name).substr(kImexPrefix.size()));
    const auto node = number ? nodes.find_existing(join({directory, name}, "/")) : std::nullopt;
    if (node) channels.nodes.emplace(*number, *node);
  }
  channels.offered = nodes.parameters().imex_channels;
  channels.made = nodes.derive(directory + "/channel0");
  return channels;
}

std::vector<GatedNode> scan_gated_nodes(const NodeFinder& nodes,
                                        const std::vector<GatedPattern>& wanted) {
  std::vector<GatedNode> found;
  for (const GatedPattern& row : wanted) add_gated_nodes(nodes, row, found);
  return found;
}

}  // namespace nvinject
