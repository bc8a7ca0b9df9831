// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which version of the CDI specification a file needs. A reader refuses files of versions that it
// does not know, so a file says the lowest one that it can.

#include <string_view>

#include "core/cdi/spec.h"

namespace nvinject {

// Released versions, "0.3.0" to "1.1.0"; a leading "v" is none.
[[nodiscard]] bool is_cdi_version(std::string_view version);

// Of the members that are used (CDI specification, "Released versions").
[[nodiscard]] std::string_view minimum_cdi_version(const CdiSpec& spec);

// Whether `version` is enough for a file that needs `needed`. Both are released versions.
[[nodiscard]] bool covers_cdi_version(std::string_view version, std::string_view needed);

}  // namespace nvinject
