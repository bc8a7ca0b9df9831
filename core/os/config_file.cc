// SPDX-License-Identifier: Apache-2.0
#include "core/os/config_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr mode_t kDirectoryMode = 0755;

HostPath directory_of(const HostPath& path) {
  const HostPath parent = path.parent();
  return parent.empty() ? HostPath(".") : parent;
}

// mkdir -p
Result<void> make_directories(const HostPath& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT || path.parent() == path || path.parent().empty()) {
    return fail_errno("make directory", path.string(), errno);
  }
  NVINJECT_RETURN_IF_ERROR(make_directories(path.parent()));
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return fail_errno("make directory", path.string(), errno);
}

}  // namespace

Result<ConfigFile> ConfigFile::open(const HostPath& path, std::size_t max_bytes) {
  ConfigFile file(path);
  if (path.file_name().empty()) {
    return fail(ErrorCode::kInvalidRequest, "open " + quote(path.string()) + ": not a file");
  }
  if (auto opened = file.open_and_lock_directory(); !opened) {
    if (opened.error().code == ErrorCode::kNotFound) return file;
    return tl::unexpected(std::move(opened).error());
  }
  NVINJECT_RETURN_IF_ERROR(file.read(max_bytes));
  return file;
}

Result<void> ConfigFile::open_and_lock_directory() {
  const HostPath directory = directory_of(path_);
  NVINJECT_ASSIGN_OR_RETURN(directory_, open_directory(directory));
  if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) {
    return fail(ErrorCode::kUnavailable,
                "lock " + quote(directory.string()) + ": something else changes files there now");
  }
  return fail_errno("lock", directory.string(), errno);
}

Result<void> ConfigFile::read(std::size_t max_bytes) {
  const std::string name(path_.file_name());
  const UniqueFd fd(::openat(directory_.get(), name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return {};
  if (!fd.valid() && errno == ELOOP) {
    return fail(ErrorCode::kInvalidRequest,
                "edit " + quote(path_.string()) +
                    ": a symbolic link; name the file it leads to, if that is the one to edit");
  }
  if (!fd.valid()) return fail_errno("open", path_.string(), errno);
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd.get(), path_.string()));
  NVINJECT_ASSIGN_OR_RETURN(text_, read_fd(fd.get(), path_.string(), max_bytes));
  owner_ = {.uid = facts.st_uid, .gid = facts.st_gid, .mode = facts.st_mode & 07777U};
  return {};
}

Result<void> ConfigFile::keep_old(Backup backup) const {
  if (backup == Backup::kNone || !text_) return {};
  return write_file_atomically(directory_.get(),
                               std::string(path_.file_name()).append(kBackupSuffix), *text_, owner_,
                               Durability::kPowerCut);
}

Result<void> ConfigFile::replace(std::string_view text, Backup backup) {
  if (!directory_.valid()) {
    NVINJECT_RETURN_IF_ERROR(make_directories(directory_of(path_)));
    NVINJECT_RETURN_IF_ERROR(open_and_lock_directory());
  }
  NVINJECT_RETURN_IF_ERROR(keep_old(backup));
  return write_file_atomically(directory_.get(), std::string(path_.file_name()), text, owner_,
                               Durability::kPowerCut);
}

Result<void> ConfigFile::remove(Backup backup) {
  if (!text_) return {};
  NVINJECT_RETURN_IF_ERROR(keep_old(backup));
  const std::string name(path_.file_name());
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 || ::fsync(directory_.get()) != 0) {
    return fail_errno("remove", path_.string(), errno);
  }
  return {};
}

}  // namespace nvinject
