// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which boot this is and how long it lasts: what is learnt in one must not be believed in the next.

#include <chrono>
#include <string>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject {

// The kernel's random number of this boot (random(4)); `proc` is where procfs is.
[[nodiscard]] Result<std::string> read_boot_id(const HostPath& proc);

// CLOCK_BOOTTIME: counts through suspend, and nobody can set it back.
[[nodiscard]] std::chrono::seconds time_since_boot();

}  // namespace nvinject
