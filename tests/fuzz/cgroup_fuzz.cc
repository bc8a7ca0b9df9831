// SPDX-License-Identifier: Apache-2.0
// A cgroup file, an empty line and a mountinfo. What is found lies below a mount point that the
// mountinfo names, and never leads out of it by its first step.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/apply/device_cgroup.h"

namespace {

using namespace nvinject;

void check_below_a_mount(const std::optional<HostPath>& found,
                         const std::vector<MountEntry>& mounts) {
  if (!found) return;
  const bool below = std::any_of(mounts.begin(), mounts.end(), [&](const MountEntry& mount) {
    return found->string().starts_with(mount.mount_point);
  });
  if (!below) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find("\n\n"), input.size());
  const auto mounts = parse_mountinfo(input.substr(std::min(end + 2, input.size())));
  const auto cgroups = find_device_cgroups(input.substr(0, end), mounts);
  if (!cgroups) {
    if (cgroups.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  check_below_a_mount(cgroups->v1, mounts);
  check_below_a_mount(cgroups->v2, mounts);
  return 0;
}
