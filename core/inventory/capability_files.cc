// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/capability_files.h"

#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/inventory/lookup.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxFileBytes = 4096;

// Devices of one GPU instance share its file.
std::set<std::string> names_of(const std::vector<Gpu>& gpus, ManagementFiles management) {
  std::set<std::string> names;
  if (management == ManagementFiles::kYes)
    names = {std::string(kMigConfig), std::string(kMigMonitor)};
  for (const Gpu& gpu : gpus) {
    for (const MigDevice& device : gpu.mig_devices) {
      names.insert(gpu_instance_file(gpu, device));
      names.insert(compute_instance_file(gpu, device));
    }
  }
  return names;
}

// The file says by itself how its node is to be made.
std::optional<DeviceNodeFacts> find_node(const NodeFinder& nodes, const CapabilityFile& file) {
  auto node = nodes.find("nvidia-caps/nvidia-cap" + std::to_string(file.minor));
  if (node && !node->on_host && file.mode) node->mode = *file.mode;
  return node;
}

}  // namespace

std::optional<CapabilityFile> parse_capability_file(std::string_view text) {
  std::optional<unsigned> minor;
  CapabilityFile file;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto value = parse_unsigned<unsigned>(trim(line.substr(colon + 1)));
    if (!value) continue;
    const std::string_view key = trim(line.substr(0, colon));
    if (key == "DeviceFileMinor") minor = value;
    if (key == "DeviceFileMode") file.mode = *value & 0777;  // decimal in the file: 292 is 0444
  }
  if (!minor) return std::nullopt;
  file.minor = *minor;
  return file;
}

std::vector<MigCapability> scan_mig_capabilities(const Roots& roots, const NodeFinder& nodes,
                                                 const std::vector<Gpu>& gpus,
                                                 ManagementFiles management) {
  const HostPath directory = roots.proc / "driver/nvidia/capabilities";
  std::vector<MigCapability> capabilities;
  for (const std::string& name : names_of(gpus, management)) {
    const auto text = read_record_file(directory / name, kMaxFileBytes);
    const auto file = text ? parse_capability_file(*text) : std::nullopt;
    if (!file) continue;
    capabilities.push_back({.name = name, .minor = file->minor, .node = find_node(nodes, *file)});
  }
  return capabilities;
}

}  // namespace nvinject
