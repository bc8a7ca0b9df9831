// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of daemon.json decides how Docker gives out GPUs.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

using RuntimePaths = std::vector<std::pair<std::string, std::string>>;  // name, path

struct DaemonSettings {
  RuntimePaths runtimes;    // those that are programs
  std::optional<bool> cdi;  // features.cdi
  std::vector<std::string> cdi_directories;
  std::string pid_file;
  bool operator==(const DaemonSettings&) const = default;
};

// Read as Docker reads it; a text of blanks says nothing.
[[nodiscard]] Result<DaemonSettings> parse_daemon_settings(std::string_view text,
                                                           std::string_view file);

// The member of an object that maps names to {"path": …}; others are left out.
[[nodiscard]] Result<RuntimePaths> find_runtime_paths(const Json& object, std::string_view key);

// The path of the runtime of that name; std::nullopt: there is none.
[[nodiscard]] std::optional<std::string> path_of_runtime(const RuntimePaths& runtimes,
                                                         std::string_view name);

}  // namespace nvinject
