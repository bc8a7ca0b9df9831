// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvinject {

// "0000:10:00.0" or "00000000:10:00.0", any case -> "00000000:10:00.0". Empty when it is neither.
[[nodiscard]] std::optional<std::string> normalise_bus_id(std::string_view text);

}  // namespace nvinject
