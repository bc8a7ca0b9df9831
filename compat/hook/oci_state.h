// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state of a container, as a runtime writes it to the standard input of a hook (OCI runtime
// specification, "State"). Only the bundle is taken from it: in a createContainer hook runc says
// pid 1 and crun pid 0, and neither means a process that could be looked at.

#include <cstddef>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject::compat {

// Annotations are in it, and those of a pod may have 256 KiB; each character may be an escape of
// six.
inline constexpr std::size_t kMaxStateBytes = 4U << 20U;

// The absolute path of the bundle. kInvalidRequest when the text is no such state.
[[nodiscard]] Result<HostPath> parse_bundle_of_state(std::string_view text);

}  // namespace nvinject::compat
