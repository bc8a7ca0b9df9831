// SPDX-License-Identifier: Apache-2.0
#pragma once

// Versions as drivers and CUDA have them: "550.163.01", "12.4". Compared as numbers, however many
// digits a field has.

#include <compare>
#include <string_view>

namespace nvinject {

// Nothing but digits and dots; of untrusted text, that is what may be compared.
[[nodiscard]] bool is_version(std::string_view text);

// Field by field; what is missing behind counts as zero ("12" = "12.0"), empty fields do not count.
[[nodiscard]] std::strong_ordering compare_versions(std::string_view a, std::string_view b);

// "550.163.01" -> "550"
[[nodiscard]] std::string_view major_version(std::string_view version);

}  // namespace nvinject
