// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who is on the other side, and what can be said to it (reference: NRI, "Runtime <-> nri version").

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nvinject::nri {

struct RuntimeVersion {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  auto operator<=>(const RuntimeVersion&) const = default;
};

// "v2.1.4", "1.7.24~ds1", "2.4.0-beta+unknown", "1.34.0": a leading v and everything behind the
// numbers is ignored, a missing patch is 0. Nothing for what has no "N.N".
[[nodiscard]] std::optional<RuntimeVersion> parse_runtime_version(std::string_view text);

struct RuntimeInfo {
  std::string name;          // "containerd", "cri-o", "docker"
  std::string version_text;  // as it says
  std::optional<RuntimeVersion> version;
  // How long it waits for an answer where a request does not say so itself.
  std::chrono::nanoseconds request_timeout = std::chrono::seconds(2);

  // Docker's NRI ignores devices, and takes a mount's options for an error.
  [[nodiscard]] bool takes_devices() const { return name != "docker"; }
  // Of NRI 0.7 and later a plugin can take away a mount that the container was to have.
  [[nodiscard]] bool removes_mounts() const;
  [[nodiscard]] std::string describe() const;  // "containerd 2.1.9"
  bool operator==(const RuntimeInfo&) const = default;
};

}  // namespace nvinject::nri
