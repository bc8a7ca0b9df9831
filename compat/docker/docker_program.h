// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject::compat {

struct DockerProgram {
  HostPath path;
  std::vector<std::string> words;  // argv so far: its name, and what NV_DOCKER has behind it
};

// The program that NV_DOCKER names ("docker" when it has no word): a name is searched in $PATH, one
// with a slash is taken as it is. kNotFound when there is none; this program is never the answer.
[[nodiscard]] Result<DockerProgram> find_docker(std::string_view nv_docker,
                                                std::string_view search_path);

// For NV_DEBUG: words as a shell takes them, on one line, safe to show.
[[nodiscard]] std::string shell_line(const std::vector<std::string>& words);

}  // namespace nvinject::compat
