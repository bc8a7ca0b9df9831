// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>

namespace nvinject {

struct DeviceNumber {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const DeviceNumber&) const = default;
};

// A character device node: its number, permission bits and owner.
struct DeviceNodeFacts {
  DeviceNumber number;
  mode_t mode = 0666;
  uid_t uid = 0;
  gid_t gid = 0;
  // The host's /dev has this very node. Else it is only in the driver's own /dev, or derived from
  // what the driver says: a runtime can still make it, unless it has to bind it from the host.
  bool on_host = true;
  bool operator==(const DeviceNodeFacts&) const = default;
};

}  // namespace nvinject
