// SPDX-License-Identifier: Apache-2.0
#pragma once

// The root filesystem of a container, as an open directory. Everything below it is hostile: paths
// are only ever opened through the descriptor (in_root.h), never joined to a string.

#include <string>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/in_root.h"

namespace nvinject {

class ContainerRoot {
 public:
  [[nodiscard]] static Result<ContainerRoot> open(const HostPath& root);

  // The directory that `fd` is open on, in whatever mount namespace.
  [[nodiscard]] static Result<ContainerRoot> from_fd(UniqueFd fd, std::string_view name);

  // `flags` as for open(2). To read a file use the next one: a planted fifo or device cannot harm
  // it.
  [[nodiscard]] Result<UniqueFd> open_in_root(const ContainerPath& path, int flags,
                                              Links links = Links::kFollowInside,
                                              Mounts mounts = Mounts::kCross) const;

  // A regular file, for reading.
  [[nodiscard]] Result<UniqueFd> open_regular_in_root(const ContainerPath& path,
                                                      Links links = Links::kFollowInside,
                                                      Mounts mounts = Mounts::kCross) const;

  // Whether there is one.
  [[nodiscard]] bool has_regular_in_root(const ContainerPath& path,
                                         Links links = Links::kFollowInside,
                                         Mounts mounts = Mounts::kCross) const;

  // A regular file of at most `max_bytes`, links followed inside the root.
  [[nodiscard]] Result<std::string> read_in_root(const ContainerPath& path,
                                                 std::size_t max_bytes) const;

  // `path` with every link resolved, as the container sees it ("/lib64/x" -> "/usr/lib64/x").
  [[nodiscard]] Result<ContainerPath> resolve_in_root(const ContainerPath& path) const;

  // Where what was opened as `path` is now, as the container sees it.
  [[nodiscard]] Result<ContainerPath> path_of_opened(int fd, const ContainerPath& path) const;

  // The directory itself, O_PATH: for what is asked of it and not below it.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Where it is, links resolved: for comparing, never for opening.
  [[nodiscard]] const HostPath& resolved() const { return resolved_; }

 private:
  ContainerRoot(UniqueFd fd, HostPath resolved)
      : fd_(std::move(fd)), resolved_(std::move(resolved)) {}
  UniqueFd fd_;
  HostPath resolved_;  // where fd_ is; only to strip it from resolved paths
};

}  // namespace nvinject
