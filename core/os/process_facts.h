// SPDX-License-Identifier: Apache-2.0
#pragma once

// What procfs says about another process.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject {

struct ProcessFacts {
  pid_t pid = 0;
  std::string name;                               // as the kernel has it: at most 15 bytes
  std::chrono::system_clock::time_point started;  // to a second
  std::optional<std::string> search_path;         // $PATH; unknown when it is not ours to read
};

// `proc` is where procfs is. kNotFound: no such process.
[[nodiscard]] Result<ProcessFacts> read_process(const HostPath& proc, pid_t pid);

}  // namespace nvinject
