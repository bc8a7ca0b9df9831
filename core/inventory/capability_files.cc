// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/capability_files.h"

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxFileBytes = 4096;

void read_into(CapabilityFiles& files, const HostPath& directory, std::string name) {
  const auto text = read_file(directory / name, kMaxFileBytes);
  const auto minor = text ? parse_capability_minor(*text) : std::nullopt;
  if (minor) files.emplace(std::move(name), *minor);
}

std::string directory_of(const Gpu& gpu, const MigDevice& device) {
  return "gpu" + std::to_string(gpu.minor.value_or(0)) + "/mig/gi" +
         std::to_string(device.gpu_instance);
}

}  // namespace

std::optional<unsigned> parse_capability_minor(std::string_view text) {
  constexpr std::string_view kKey = "DeviceFileMinor:";
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(kKey)) return parse_unsigned<unsigned>(trim(line.substr(kKey.size())));
  }
  return std::nullopt;
}

std::string gpu_instance_file(const Gpu& gpu, const MigDevice& device) {
  return directory_of(gpu, device) + "/access";
}

std::string compute_instance_file(const Gpu& gpu, const MigDevice& device) {
  return directory_of(gpu, device) + "/ci" + std::to_string(device.compute_instance) + "/access";
}

CapabilityFiles scan_capability_files(const Roots& roots, const Inventory& inventory) {
  const HostPath directory = roots.proc / "driver/nvidia/capabilities";
  CapabilityFiles files;
  for (const std::string_view name : {kMigConfig, kMigMonitor}) {
    read_into(files, directory, std::string(name));
  }
  for (const Gpu& gpu : inventory.gpus) {
    for (const MigDevice& device : gpu.mig_devices) {
      read_into(files, directory, gpu_instance_file(gpu, device));
      read_into(files, directory, compute_instance_file(gpu, device));
    }
  }
  return files;
}

}  // namespace nvinject
