// SPDX-License-Identifier: Apache-2.0
#pragma once

// Driver capabilities: the words of NVIDIA_DRIVER_CAPABILITIES
// (reference: NVIDIA Container Toolkit user guide, "Driver capabilities").

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace nvinject {

enum class Capability : std::uint8_t {
  kCompat32,
  kCompute,
  kDisplay,
  kGraphics,
  kNgx,
  kUtility,
  kVideo,
};

struct CapabilityName {
  std::string_view name;
  Capability capability;
};

// Alphabetical: the order in which the classic tools print them.
inline constexpr std::array<CapabilityName, 7> kCapabilityNames = {{
    {"compat32", Capability::kCompat32},
    {"compute", Capability::kCompute},
    {"display", Capability::kDisplay},
    {"graphics", Capability::kGraphics},
    {"ngx", Capability::kNgx},
    {"utility", Capability::kUtility},
    {"video", Capability::kVideo},
}};

[[nodiscard]] std::optional<Capability> find_capability(std::string_view name);

class CapabilitySet {
 public:
  constexpr CapabilitySet() = default;
  constexpr CapabilitySet(std::initializer_list<Capability> capabilities) {
    for (const Capability capability : capabilities) add(capability);
  }
  [[nodiscard]] static constexpr CapabilitySet all() {
    CapabilitySet set;
    for (const CapabilityName& row : kCapabilityNames) set.add(row.capability);
    return set;
  }
  constexpr void add(Capability capability) { bits_ |= bit(capability); }
  [[nodiscard]] constexpr bool has(Capability capability) const {
    return (bits_ & bit(capability)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr bool contains(CapabilitySet other) const {
    return (other.bits_ & ~bits_) == 0;
  }
  [[nodiscard]] constexpr bool intersects(CapabilitySet other) const {
    return (other.bits_ & bits_) != 0;
  }
  [[nodiscard]] constexpr CapabilitySet operator&(CapabilitySet other) const {
    CapabilitySet both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  constexpr bool operator==(const CapabilitySet&) const = default;

 private:
  static constexpr unsigned bit(Capability capability) {
    return 1U << static_cast<unsigned>(capability);
  }
  unsigned bits_ = 0;
};

// "compute,utility"
[[nodiscard]] std::string to_string(CapabilitySet capabilities);

}  // namespace nvinject
