// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/version.h"

#include <algorithm>
#include <array>

namespace nvinject {
namespace {

constexpr std::array<std::string_view, 8> kVersions = {"0.3.0", "0.4.0", "0.5.0", "0.6.0",
                                                       "0.7.0", "0.8.0", "1.0.0", "1.1.0"};

constexpr std::string_view kFirst = "0.3.0";
constexpr std::string_view kMountTypes = "0.4.0";
constexpr std::string_view kHostPathsAndDigits = "0.5.0";
constexpr std::string_view kAnnotations = "0.6.0";
constexpr std::string_view kGroupsAndRdt = "0.7.0";
constexpr std::string_view kNetDevicesAndSchemata = "1.1.0";

bool has_newer_rdt(const CdiEdits& edits) {
  return edits.intel_rdt &&
         (!edits.intel_rdt->schemata.empty() || edits.intel_rdt->enable_monitoring);
}

std::string_view version_of(const CdiEdits& edits) {
  if (!edits.net_devices.empty() || has_newer_rdt(edits)) return kNetDevicesAndSchemata;
  if (!edits.additional_gids.empty() || edits.intel_rdt) return kGroupsAndRdt;
  if (std::any_of(edits.device_nodes.begin(), edits.device_nodes.end(),
                  [](const CdiDeviceNode& node) { return !node.host_path.empty(); })) {
    return kHostPathsAndDigits;
  }
  if (std::any_of(edits.mounts.begin(), edits.mounts.end(),
                  [](const CdiMount& mount) { return !mount.type.empty(); })) {
    return kMountTypes;
  }
  return kFirst;
}

std::string_view version_of(const CdiDevice& device) {
  std::string_view version = version_of(device.edits);
  if (!device.annotations.empty()) version = std::max(version, kAnnotations);
  if (!device.name.empty() && device.name.front() >= '0' && device.name.front() <= '9') {
    version = std::max(version, kHostPathsAndDigits);
  }
  return version;
}

}  // namespace

bool is_cdi_version(std::string_view version) {
  return std::find(kVersions.begin(), kVersions.end(), version) != kVersions.end();
}

// They are compared as text: every part of the released ones is one digit.
std::string_view minimum_cdi_version(const CdiSpec& spec) {
  std::string_view version = version_of(spec.edits);
  for (const CdiDevice& device : spec.devices) version = std::max(version, version_of(device));
  const std::size_t slash = spec.kind.find('/');
  const bool dotted_class =
      slash != std::string::npos && spec.kind.find('.', slash) != std::string::npos;
  if (!spec.annotations.empty() || dotted_class) version = std::max(version, kAnnotations);
  return version;
}

bool covers_cdi_version(std::string_view version, std::string_view needed) {
  return version >= needed;
}

}  // namespace nvinject
