// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state of a container, as a runtime writes it to the standard input of a hook (OCI runtime
// specification, "State").

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject::compat {

// Annotations are in it, and those of a pod may have 256 KiB; each character may be an escape of
// six.
inline constexpr std::size_t kMaxStateBytes = 4U << 20U;

struct ContainerState {
  HostPath bundle;  // absolute
  // Only a prestart or createRuntime hook is told one that means something: in a createContainer
  // hook runc says 1 and crun 0.
  std::optional<pid_t> pid;
  bool operator==(const ContainerState&) const = default;
};

// kInvalidRequest when the text is no such state. Docker before 17.06 called the bundle
// "bundlePath".
[[nodiscard]] Result<ContainerState> parse_container_state(std::string_view text);

}  // namespace nvinject::compat
