// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace nvinject {

// What has to be done to `before` to get `after`, line by line, as `diff -u` writes it and patch(1)
// takes it; empty when they are equal. The names stand in its first two lines.
[[nodiscard]] std::string unified_diff(std::string_view before, std::string_view after,
                                       std::string_view before_name, std::string_view after_name);

}  // namespace nvinject
