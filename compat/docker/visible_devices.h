// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the user says about NVIDIA_VISIBLE_DEVICES beside NV_GPU, as docker understands it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvinject::compat {

inline constexpr std::string_view kVisibleDevices = "NVIDIA_VISIBLE_DEVICES";

// "0, 3" -> "0,3": NV_GPU has spaces or commas, several of them too. Empty: nothing is asked.
[[nodiscard]] std::string device_list(std::string_view nv_gpu);

// What an entry or a file sets the variable to; empty also where it takes it away.
using Setting = std::optional<std::string>;

// Of "NAME=value" entries the last counts; a "NAME" alone means what `inherited` has, which is the
// variable in our own environment. std::nullopt: they do not mention it.
[[nodiscard]] Setting setting_of_entries(const std::vector<std::string>& entries,
                                         const Setting& inherited);

// The text of an --env-file: an entry a line, "#" before a comment. A "NAME" alone that is not
// inherited says nothing there.
[[nodiscard]] Setting setting_of_file(std::string_view text, const Setting& inherited);

}  // namespace nvinject::compat
