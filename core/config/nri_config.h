// SPDX-License-Identifier: Apache-2.0
#pragma once

// nvinject.nri of config.toml: how the NRI plugin meets the runtime, and where it tells about
// itself.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nvinject {

enum class LogFormat { kText, kJson };
// kDebug: also each decision about a GPU container, a dozen lines.
enum class LogDetail { kInfo, kDebug };

// "unix:/path" -> "/path"; nothing for an address that is "HOST:PORT".
[[nodiscard]] inline std::optional<std::string_view> unix_path_of(std::string_view address) {
  constexpr std::string_view kUnix = "unix:";
  if (!address.starts_with(kUnix)) return std::nullopt;
  return address.substr(kUnix.size());
}

struct NriConfig {
  std::string socket = "/var/run/nri/nri.sock";
  // Runtimes ask plugins in the order of their indices: two digits.
  std::string index = "10";
  std::string name = "nvinject";
  std::string status_socket = "/run/nvinject/status.sock";  // empty: none
  // "HOST:PORT" or "unix:/path"; empty: none.
  std::string metrics;
  std::vector<std::string> health;  // each of them as above
  // Where this process sees the node's "/": another place when it runs in a container itself.
  std::string host_root = "/";
  std::string ld_cache_hook;  // path of nvinject-hook; empty: images keep their ld.so.cache
  LogFormat log_format = LogFormat::kText;
  LogDetail log_level = LogDetail::kInfo;
  bool operator==(const NriConfig&) const = default;
};

}  // namespace nvinject
