// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/nodes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxProcBytes = 1U << 20U;

std::string read_or_empty(const HostPath& path) {
  return read_file(path, kMaxProcBytes).value_or(std::string());
}

}  // namespace

NodeFinder::NodeFinder(const Roots& roots, const DeviceNumbers& numbers)
    : numbers_(numbers),
      majors_(parse_device_majors(read_or_empty(roots.proc / "devices"))),
      parameters_(parse_driver_parameters(
          read_record_file(roots.proc / "driver/nvidia/params", kMaxProcBytes).value_or(""))) {
  // A driver container has nodes of its own, which may exist while the host has none; a driver root
  // that only holds files has no names here to look for.
  if (roots.driver.string() != "/") {
    const HostPath dev = roots.driver / "dev";
    const auto names = read_directory(dev).value_or(std::vector<std::string>());
    if (std::any_of(names.begin(), names.end(), [](const std::string& name) {
          return std::string_view(name).starts_with("nvidia");
        })) {
      dev_directories_.push_back(dev);
    }
  }
  dev_directories_.push_back(roots.dev);
}

std::optional<DeviceNodeFacts> NodeFinder::find_existing(const std::string& name) const {
  for (const HostPath& directory : dev_directories_) {
    auto node = numbers_.of(directory / name);
    if (!node) continue;
    const HostPath& host = dev_directories_.back();
    if (directory != host) {
      const auto on_host = numbers_.of(host / name);
      node->on_host = on_host && on_host->number == node->number;
    }
    return node;
  }
  return std::nullopt;
}

std::optional<DeviceNodeFacts> NodeFinder::find(const std::string& name) const {
  if (auto node = find_existing(name)) return node;
  return derive(name);
}

std::vector<std::string> NodeFinder::names_in(const std::string& below) const {
  std::set<std::string> names;
  for (const HostPath& directory : dev_directories_) {
    const HostPath path = below.empty() ? directory : directory / below;
    for (std::string& name : read_directory(path).value_or(std::vector<std::string>())) {
      names.insert(std::move(name));
    }
  }
  return {names.begin(), names.end()};
}

std::optional<DeviceNodeFacts> NodeFinder::derive(std::string_view name) const {
  return derive_device_node(name, majors_, parameters_);
}

std::vector<ControlNode> scan_control_nodes(const NodeFinder& nodes) {
  std::vector<ControlNode> found;
  for (const char* const name : {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"}) {
    if (const auto node = nodes.find(name)) found.push_back({.name = name, .node = *node});
  }
  return found;
}

}  // namespace nvinject
