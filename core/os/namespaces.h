// SPDX-License-Identifier: Apache-2.0
#pragma once

// Being in a container's mount namespace for a while. The process must have one thread only.

#include <optional>
#include <utility>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/capabilities.h"

namespace nvinject {

// The mount namespace that this process is in, with its root and working directory: the way back.
class HomeNamespace {
 public:
  [[nodiscard]] static Result<HomeNamespace> open();
  [[nodiscard]] int mount_namespace() const { return mount_namespace_.get(); }
  [[nodiscard]] int root() const { return root_.get(); }  // O_PATH
  [[nodiscard]] bool go_back() const;

 private:
  HomeNamespace(UniqueFd mount_namespace, UniqueFd root, UniqueFd directory)
      : mount_namespace_(std::move(mount_namespace)),
        root_(std::move(root)),
        directory_(std::move(directory)) {}
  UniqueFd mount_namespace_;
  UniqueFd root_;
  UniqueFd directory_;
};

// In the namespace from enter() until the value is gone; then back at home, with root and working
// directory as they were. A process that cannot come back is ended at once: nothing that it would
// do after that is right. `home` outlives this.
class InMountNamespace {
 public:
  [[nodiscard]] static Result<InMountNamespace> enter(int namespace_fd, const HomeNamespace& home);

  InMountNamespace(InMountNamespace&& other) noexcept
      : home_(std::exchange(other.home_, nullptr)) {}
  InMountNamespace& operator=(InMountNamespace&&) = delete;
  InMountNamespace(const InMountNamespace&) = delete;
  InMountNamespace& operator=(const InMountNamespace&) = delete;
  ~InMountNamespace();

 private:
  explicit InMountNamespace(const HomeNamespace& home) : home_(&home) {}
  const HomeNamespace* home_;  // null in a value that was moved from
};

// New files belong to this user and group while the value lives, as setfsuid(2) has it: a file
// system of a user namespace takes none of a user that it does not know.
// The rights over files that this process has it keeps: without them a directory that its owner may
// not write, as "/usr/bin" is in some distributions, would take no file.
class FileSystemIdentity {
 public:
  FileSystemIdentity(uid_t uid, gid_t gid);
  FileSystemIdentity(const FileSystemIdentity&) = delete;
  FileSystemIdentity& operator=(const FileSystemIdentity&) = delete;
  ~FileSystemIdentity();

 private:
  int old_uid_;
  int old_gid_;
  std::optional<RaisedCapabilities> rights_;
};

}  // namespace nvinject
