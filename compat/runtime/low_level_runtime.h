// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject::compat {

// The first of `candidates` that is an executable file: a name with a slash as it is, another one
// searched in the directories of `search_path` ($PATH) and then in the usual ones. This program
// itself is never the answer, under whatever name it is installed.
[[nodiscard]] Result<HostPath> find_low_level_runtime(const std::vector<std::string>& candidates,
                                                      std::string_view search_path);

// nvidia-container-runtime-hook.path: a name with a slash as it is, another one beside this program
// and then in the usual directories. An absolute path.
[[nodiscard]] Result<HostPath> find_prestart_hook(const std::string& name);

}  // namespace nvinject::compat
