// SPDX-License-Identifier: Apache-2.0
#include "core/os/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr mode_t kStateDirectoryMode = 0755;
constexpr mode_t kLockMode = 0600;
// flock(2) has no deadline of its own; a signal could end it, but signals belong to the whole
// process.
constexpr std::chrono::milliseconds kLockPollStep{10};

Result<void> check_ours(const struct stat& facts, std::string_view name) {
  if (facts.st_uid != ::geteuid()) {
    return fail(ErrorCode::kUnavailable, "trust " + quote(name) + ": it belongs to user " +
                                             std::to_string(facts.st_uid) + " instead of " +
                                             std::to_string(::geteuid()));
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::kUnavailable,
                "trust " + quote(name) + ": it is writable by others than its owner");
  }
  return {};
}

}  // namespace

Result<UniqueFd> open_state_directory(const HostPath& path) {
  if (::mkdir(path.c_str(), kStateDirectoryMode) != 0 && errno != EEXIST) {
    return fail_errno("create directory", path.string(), errno);
  }
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd.get(), path.string()));
  NVINJECT_RETURN_IF_ERROR(check_ours(facts, path.string()));
  return fd;
}

Result<std::string> read_state_file(int directory_fd, const std::string& name,
                                    std::size_t max_bytes) {
  const UniqueFd fd(::openat(directory_fd, name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open", name, errno);
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd.get(), name));
  NVINJECT_RETURN_IF_ERROR(check_ours(facts, name));
  return read_fd(fd.get(), name, max_bytes);  // which refuses what is no regular file
}

Result<UniqueFd> open_lock(int directory_fd, const std::string& name,
                           std::chrono::milliseconds deadline) {
  UniqueFd fd(::openat(directory_fd, name.c_str(),
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                       kLockMode));
  if (!fd.valid()) return fail_errno("open", name, errno);
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return fail_errno("lock", name, errno);
    if (std::chrono::steady_clock::now() >= until) {
      return fail(ErrorCode::kUnavailable, "lock " + quote(name) +
                                               ": held by another process for " +
                                               std::to_string(deadline.count()) + " ms");
    }
    std::this_thread::sleep_for(kLockPollStep);
  }
  return fd;
}

}  // namespace nvinject
