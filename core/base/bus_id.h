// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvinject {

// A GPU's PCI id, domain:bus:device.function, with or without leading zeros and in any case:
// "0000:10:00.0" and "0:10:0.0" -> "00000000:10:00.0". Empty for anything else.
[[nodiscard]] std::optional<std::string> normalise_bus_id(std::string_view text);

}  // namespace nvinject
