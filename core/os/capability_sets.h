// SPDX-License-Identifier: Apache-2.0
#pragma once

// capget(2) and capset(2) for a child between clone(2) and execve(2), where nothing may allocate,
// as libcap does; core/os/capabilities.h is for all the rest.

#include <linux/capability.h>

#include <cstdint>

namespace nvinject {

// A bit per capability: capability_bit(CAP_SYS_ADMIN).
struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  bool operator==(const CapabilitySets&) const = default;
};

[[nodiscard]] constexpr std::uint64_t capability_bit(int capability) {
  return std::uint64_t{1} << static_cast<unsigned>(capability);
}

// False: errno says why.
[[nodiscard]] bool read_capability_sets(CapabilitySets& sets) noexcept;
[[nodiscard]] bool write_capability_sets(const CapabilitySets& sets) noexcept;

// A program that is executed as root gets all of its bounding set, however little this process has
// (capabilities(7)). From now on none gets more than what is permitted here; only who has
// CAP_SETPCAP permitted may do so, and whoever has not is no root either.
void bound_capabilities_to_permitted() noexcept;

}  // namespace nvinject
