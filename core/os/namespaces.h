// SPDX-License-Identifier: Apache-2.0
#pragma once

// Being in a container's mount namespace for a while. The process must have one thread only.

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

// In the namespace from enter() until the value is gone; then back in the old one, with root and
// working directory as they were. A process that cannot come back is ended at once: nothing that it
// would do after that is right.
class InMountNamespace {
 public:
  [[nodiscard]] static Result<InMountNamespace> enter(int namespace_fd);

  InMountNamespace(InMountNamespace&&) = default;
  InMountNamespace& operator=(InMountNamespace&&) = delete;
  InMountNamespace(const InMountNamespace&) = delete;
  InMountNamespace& operator=(const InMountNamespace&) = delete;
  ~InMountNamespace();

 private:
  InMountNamespace(UniqueFd own, UniqueFd root, UniqueFd directory)
      : own_(std::move(own)), root_(std::move(root)), directory_(std::move(directory)) {}
  UniqueFd own_;  // the old namespace; not valid in a value that was moved from
  UniqueFd root_;
  UniqueFd directory_;
};

// New files belong to this user and group while the value lives, as setfsuid(2) has it: a file
// system of a user namespace takes none of a user that it does not know.
class FileSystemIdentity {
 public:
  FileSystemIdentity(uid_t uid, gid_t gid);
  FileSystemIdentity(const FileSystemIdentity&) = delete;
  FileSystemIdentity& operator=(const FileSystemIdentity&) = delete;
  ~FileSystemIdentity();

 private:
  int old_uid_;
  int old_gid_;
};

}  // namespace nvinject
