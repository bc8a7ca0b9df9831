// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory under /run for what one process leaves to the next: facts, marks, locks. Nothing in
// it is believed unless nobody but us could have put it there.

#include <chrono>
#include <cstddef>
#include <string>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

// Makes the directory if it is not there (not its parents). It must belong to the user that this
// process runs as and be writable by nobody else; a link in its place is refused.
[[nodiscard]] Result<UniqueFd> open_state_directory(const HostPath& path);

// A regular file of at most `max_bytes`, ours and writable by nobody else; no link is followed.
[[nodiscard]] Result<std::string> read_state_file(int directory_fd, const std::string& name,
                                                  std::size_t max_bytes);

// flock(2), exclusive, until the descriptor is closed or its holder dies. kUnavailable when
// somebody else still holds it at the deadline.
[[nodiscard]] Result<UniqueFd> open_lock(int directory_fd, const std::string& name,
                                         std::chrono::milliseconds deadline);

}  // namespace nvinject
