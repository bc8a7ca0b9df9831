// SPDX-License-Identifier: Apache-2.0
#pragma once

// dockerd's answer to GET /info (Docker Engine API), with its HTTP/1 around it.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/engines/daemon_settings.h"

namespace nvinject {

inline constexpr std::size_t kMaxDockerAnswerBytes = 4UL * 1024UL * 1024UL;

// By HTTP/1.0: the answer then ends with the connection and has no chunks.
inline constexpr std::string_view kDockerInfoQuestion =
    "GET /info HTTP/1.0\r\nHost: docker\r\nUser-Agent: nvinject\r\n\r\n";

struct DockerInfo {
  std::string server_version;
  RuntimePaths runtimes;                     // a containerd shim has no path and is left out
  std::vector<std::string> cdi_directories;  // empty: CDI is off, or unknown to this version
  bool operator==(const DockerInfo&) const = default;
};

[[nodiscard]] Result<DockerInfo> parse_docker_info(std::string_view answer);

}  // namespace nvinject
