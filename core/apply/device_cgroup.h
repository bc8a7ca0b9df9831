// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which cgroups decide about a container's devices (cgroups(7)).

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/os/mount_table.h"

namespace nvinject {

struct DeviceCgroups {
  std::optional<HostPath> v1;  // directory in the hierarchy with the devices controller
  std::optional<HostPath> v2;  // directory in the unified hierarchy; beside v1 on hybrid hosts
  HostPath v2_top;             // where that is mounted: above it there is no cgroup
  bool operator==(const DeviceCgroups&) const = default;
};

// `cgroup_text` is the container's /proc/<pid>/cgroup, `mounts` what this process sees.
// kUnsupported for a cgroup that is outside of what is mounted here.
[[nodiscard]] Result<DeviceCgroups> find_device_cgroups(std::string_view cgroup_text,
                                                        const std::vector<MountEntry>& mounts);

}  // namespace nvinject
