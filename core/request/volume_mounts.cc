// SPDX-License-Identifier: Apache-2.0
#include "core/request/volume_mounts.h"

#include <optional>
#include <string_view>

#include "core/base/text.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

constexpr std::string_view kRoot = "/var/run/nvidia-container-devices/";
constexpr std::string_view kImex = "imex/";
constexpr std::string_view kCdi = "cdi/";

// Of an absolute path, by its text alone: "." and empty components dropped, ".." taken back.
std::string clean_path(std::string_view path) {
  std::string cleaned;
  for (const std::string_view component : split(path, '/')) {
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      const std::size_t slash = cleaned.rfind('/');
      if (slash != std::string::npos) cleaned.resize(slash);
      continue;
    }
    cleaned.append("/").append(component);
  }
  return cleaned.empty() ? "/" : cleaned;
}

// "vendor/class/device" and "vendor/class=device" -> the second
std::optional<std::string> find_cdi_name(std::string_view untrusted_path) {
  std::string name(untrusted_path);
  if (name.find('=') == std::string::npos) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    name[slash] = '=';
  }
  if (!parse_cdi_name(name)) return std::nullopt;
  return name;
}

void add_request(std::string_view untrusted_path, VolumeMountRequests& requests) {
  if (untrusted_path.starts_with(kImex)) {
    requests.imex_channels.emplace_back(untrusted_path.substr(kImex.size()));
  } else if (untrusted_path.starts_with(kCdi)) {
    if (std::optional<std::string> name = find_cdi_name(untrusted_path.substr(kCdi.size()))) {
      requests.devices.push_back(*std::move(name));
    } else {
      requests.decisions.push_back({.subject = escape(std::string(kRoot).append(untrusted_path)),
                                    .choice = "ignored",
                                    .reason = "what follows cdi/ is no CDI device name"});
    }
  } else {
    requests.devices.emplace_back(untrusted_path);
  }
}

}  // namespace

VolumeMountRequests parse_volume_mounts(const std::vector<MountFact>& mounts) {
  VolumeMountRequests requests;
  for (const MountFact& mount : mounts) {
    if (!mount.source.starts_with('/') || !mount.destination.starts_with('/')) continue;
    if (clean_path(mount.source) != "/dev/null") continue;
    const std::string destination = clean_path(mount.destination);
    if (destination.starts_with(kRoot)) {
      add_request(std::string_view(destination).substr(kRoot.size()), requests);
    }
  }
  return requests;
}

}  // namespace nvinject
