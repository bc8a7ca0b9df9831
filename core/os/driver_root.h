// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the driver's user-space files are: "/" on most hosts, /run/nvidia/driver with a driver
// container. The administrator chose it, so it is trusted; links in it are still resolved below it,
// because those of a driver container mean its own root.

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

class DriverRoot {
 public:
  [[nodiscard]] static Result<DriverRoot> open(const HostPath& root);

  // A file found under the driver root, fully resolved.
  struct Located {
    UniqueFd fd;      // opened with the flags asked for
    HostPath host;    // where it really is, free of links: a mount source
    DriverPath path;  // the same seen from the driver root
  };
  // `flags` as for open(2); O_PATH for whatever must not be opened (sockets, devices).
  [[nodiscard]] Result<Located> locate(const DriverPath& path, int flags) const;

  // The same for who only reads it.
  [[nodiscard]] Result<UniqueFd> open(const DriverPath& path, int flags) const;

  // Where `path` is on the host, links unresolved: for opening, never for a mount source.
  [[nodiscard]] HostPath to_host(const DriverPath& path) const { return host_ / path.string(); }
  [[nodiscard]] const HostPath& host() const { return host_; }

 private:
  DriverRoot(UniqueFd fd, HostPath host) : fd_(std::move(fd)), host_(std::move(host)) {}
  UniqueFd fd_;
  HostPath host_;  // resolved
};

}  // namespace nvinject
