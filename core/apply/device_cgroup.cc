// SPDX-License-Identifier: Apache-2.0
#include "core/apply/device_cgroup.h"

#include <algorithm>
#include <string>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kDevices = "devices";

bool has_word(std::string_view list, std::string_view word) {
  const auto words = split(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The part of `path` below `root`; nothing when it is elsewhere.
std::optional<std::string_view> below(std::string_view path, std::string_view root) {
  if (root == "/") return path;
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return path;
}

struct FoundCgroup {
  HostPath directory;
  HostPath mount_point;  // of its hierarchy
};

template <class Wanted>
Result<FoundCgroup> find_directory(std::string_view path, const std::vector<MountEntry>& mounts,
                                   Wanted wanted) {
  // "/../x": outside of this process's cgroup namespace.
  if (path.starts_with("/..")) {
    return fail(ErrorCode::kUnsupported,
                "find cgroup " + quote(path) + ": it is outside of the cgroups that are seen here");
  }
  for (const MountEntry& mount : mounts) {
    if (!wanted(mount)) continue;
    const auto rest = below(path, mount.root);
    if (!rest) continue;
    return FoundCgroup{HostPath(mount.mount_point + (*rest == "/" ? "" : std::string(*rest))),
                       HostPath(mount.mount_point)};
  }
  return fail(ErrorCode::kUnsupported,
              "find cgroup " + quote(path) + ": its hierarchy is not mounted here");
}

}  // namespace

Result<DeviceCgroups> find_device_cgroups(std::string_view cgroup_text,
                                          const std::vector<MountEntry>& mounts) {
  DeviceCgroups cgroups;
  std::optional<Error> unified;
  // "5:devices:/docker/1234" and "0::/docker/1234"
  for (const std::string_view line : split(cgroup_text, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    // In its root nothing is forbidden, mounted or not: so it is where v2 is in use.
    if (has_word(controllers, kDevices) && path != "/") {
      NVINJECT_ASSIGN_OR_RETURN(
          FoundCgroup found, find_directory(path, mounts, [](const MountEntry& one) {
            return one.type == "cgroup" && has_word(one.super_options, kDevices);
          }));
      cgroups.v1 = std::move(found.directory);
    } else if (line.starts_with("0::")) {
      auto found =
          find_directory(path, mounts, [](const MountEntry& one) { return one.type == "cgroup2"; });
      if (found) {
        cgroups.v2 = std::move(found->directory);
        cgroups.v2_top = std::move(found->mount_point);
      } else if (path != "/") {
        unified = std::move(found).error();
      }
    }
  }
  // Where v1 decides about devices, the unified hierarchy may well be mounted nowhere.
  if (unified && !cgroups.v1) return tl::unexpected(*std::move(unified));
  return cgroups;
}

}  // namespace nvinject
