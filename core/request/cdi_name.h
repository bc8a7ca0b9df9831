// SPDX-License-Identifier: Apache-2.0
#pragma once

// Fully-qualified names of the Container Device Interface, "vendor/class=device" (CDI
// specification, "Kind" and device names).

#include <optional>
#include <string_view>

namespace nvinject {

struct CdiName {
  std::string_view vendor;
  std::string_view device_class;
  std::string_view device;
  bool operator==(const CdiName&) const = default;
};

// Nothing when the text is no such name.
[[nodiscard]] std::optional<CdiName> parse_cdi_name(std::string_view text);

// nvidia.com, and the vendors below it that NVIDIA's own tools write specs for.
[[nodiscard]] bool is_nvidia_vendor(std::string_view vendor);

}  // namespace nvinject
