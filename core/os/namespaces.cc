// SPDX-License-Identifier: Apache-2.0
#include "core/os/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "core/os/file.h"

namespace nvinject {

Result<HomeNamespace> HomeNamespace::open() {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd own, open_file(HostPath("/proc/self/ns/mnt"), O_RDONLY));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd root, open_file(HostPath("/"), O_PATH | O_DIRECTORY));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd directory, open_file(HostPath("."), O_PATH | O_DIRECTORY));
  return HomeNamespace(std::move(own), std::move(root), std::move(directory));
}

bool HomeNamespace::go_back() const {
  return ::setns(mount_namespace_.get(), CLONE_NEWNS) == 0 && ::fchdir(root_.get()) == 0 &&
         ::chroot(".") == 0 && ::fchdir(directory_.get()) == 0;
}

Result<InMountNamespace> InMountNamespace::enter(int namespace_fd, const HomeNamespace& home) {
  if (::setns(namespace_fd, CLONE_NEWNS) != 0) {
    return fail_errno("enter", "mount namespace", errno);
  }
  return InMountNamespace(home);
}

InMountNamespace::~InMountNamespace() {
  if (home_ != nullptr && !home_->go_back()) std::abort();
}

FileSystemIdentity::FileSystemIdentity(uid_t uid, gid_t gid)
    : old_uid_(0), old_gid_(::setfsgid(gid)) {
  // The group first: without the capabilities of user 0 it cannot be changed.
  old_uid_ = ::setfsuid(uid);
  // The kernel takes them away together with user 0.
  rights_.emplace(Capabilities{CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH});
}

FileSystemIdentity::~FileSystemIdentity() {
  rights_.reset();
  ::setfsuid(static_cast<uid_t>(old_uid_));
  ::setfsgid(static_cast<gid_t>(old_gid_));
}

}  // namespace nvinject
