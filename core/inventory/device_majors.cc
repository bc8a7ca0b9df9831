// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/device_majors.h"

#include "core/base/text.h"

namespace nvinject {
namespace {

struct FixedMinor {
  std::string_view name;
  std::string_view driver;
  std::uint32_t minor;
};

// kernel-open/nvidia/nv.h and nvidia-modprobe: fixed for as long as the driver exists.
constexpr FixedMinor kFixedMinors[] = {
    {"nvidiactl", "nvidia", 255},
    {"nvidia-modeset", "nvidia", 254},
    {"nvidia-uvm", "nvidia-uvm", 0},
    {"nvidia-uvm-tools", "nvidia-uvm", 1},
};

struct NumberedNodes {
  std::string_view prefix;  // the minor stands behind it
  std::string_view driver;
};

constexpr NumberedNodes kNumberedNodes[] = {
    {"nvidia", "nvidia"},
    {"nvidia-caps/nvidia-cap", "nvidia-caps"},
    {"nvidia-caps-imex-channels/channel", "nvidia-caps-imex-channels"},
};

std::optional<std::uint32_t> find_major(const DeviceMajors& majors, std::string_view driver) {
  if (const auto found = majors.find(driver); found != majors.end()) return found->second;
  // The name before 550.40.
  if (driver == "nvidia") return find_major(majors, "nvidia-frontend");
  return std::nullopt;
}

}  // namespace

DeviceMajors parse_device_majors(std::string_view proc_devices) {
  DeviceMajors majors;
  for (const std::string_view line : split(proc_devices, '\n')) {
    const std::string_view text = trim(line);
    if (text == "Block devices:") break;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) continue;
    const auto major = parse_unsigned<std::uint32_t>(text.substr(0, space));
    // The first line of a name counts: the driver also registers single minors under its name.
    if (major) majors.emplace(trim(text.substr(space)), *major);
  }
  return majors;
}

DeviceFileParameters parse_driver_parameters(std::string_view params) {
  DeviceFileParameters parameters;
  for (const std::string_view line : split(params, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, colon));
    const auto value = parse_unsigned<std::uint32_t>(trim(line.substr(colon + 1)));
    if (!value) continue;
    if (key == "DeviceFileUID") parameters.uid = *value;
    if (key == "DeviceFileGID") parameters.gid = *value;
    if (key == "DeviceFileMode")
      parameters.mode = *value & 0777;  // decimal in the file: 438 is 0666
    if (key == "ModifyDeviceFiles") parameters.modify = *value != 0;
    if (key == "ImexChannelCount") parameters.imex_channels = *value;
  }
  return parameters;
}

std::optional<DeviceNodeFacts> derive_device_node(std::string_view name, const DeviceMajors& majors,
                                                  const DeviceFileParameters& parameters) {
  std::string_view driver = "nvidia";
  std::optional<std::uint32_t> minor;
  for (const FixedMinor& row : kFixedMinors) {
    if (row.name == name) {
      driver = row.driver;
      minor = row.minor;
    }
  }
  for (const NumberedNodes& row : kNumberedNodes) {
    if (minor || !name.starts_with(row.prefix)) continue;
    driver = row.driver;
    minor = parse_unsigned<std::uint32_t>(name.substr(row.prefix.size()));
  }
  const auto major = find_major(majors, driver);
  if (!minor || !major) return std::nullopt;
  return DeviceNodeFacts{.number = {.major = *major, .minor = *minor},
                         .mode = parameters.mode,
                         .uid = parameters.uid,
                         .gid = parameters.gid,
                         .on_host = false};
}

}  // namespace nvinject
