// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starting a program: everything up to execve(2). Watching it is subprocess.cc's business.

#include <sys/types.h>

#include <optional>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/subprocess.h"

namespace nvinject {

// The process, and our ends of its streams; all but `input` do not block.
struct Child {
  pid_t pid = -1;  // of a process group of its own
  UniqueFd pidfd;  // not valid before Linux 5.2
  UniqueFd input;  // a socket, so that send(2) can refuse SIGPIPE: write(2) cannot
  UniqueFd output;
  UniqueFd error;
  UniqueFd report;  // for find_start_error
};

[[nodiscard]] Result<Child> start_child(const Subprocess& request);

// Why the program never ran, once the child has ended; empty when it ran.
[[nodiscard]] std::optional<Error> find_start_error(const Child& child, const Subprocess& request);

}  // namespace nvinject
