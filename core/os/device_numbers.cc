// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_numbers.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace nvinject {

std::optional<DeviceNodeFacts> DeviceNumbers::of(const HostPath& path) const {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0 || !S_ISCHR(facts.st_mode)) return std::nullopt;
  return DeviceNodeFacts{.number = {.major = major(facts.st_rdev), .minor = minor(facts.st_rdev)},
                         .mode = facts.st_mode & 07777,
                         .uid = facts.st_uid,
                         .gid = facts.st_gid};
}

}  // namespace nvinject
