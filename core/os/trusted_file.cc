// SPDX-License-Identifier: Apache-2.0
#include "core/os/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/os/file.h"
#include "core/os/user_namespace.h"

namespace nvinject {
namespace {

bool is_of_kind(mode_t mode, TrustedKind kind) {
  switch (kind) {
    case TrustedKind::kRegularFile:
      return S_ISREG(mode);
    case TrustedKind::kProgram:
      return S_ISREG(mode) && (mode & 0111) != 0;
    case TrustedKind::kSocketOrDirectory:
      return S_ISSOCK(mode) || S_ISDIR(mode);
    case TrustedKind::kSharedDirectory:
      return S_ISDIR(mode);
  }
  return false;
}

// In a user namespace (rootless runtimes) the host's root has no number of its own: it shows as the
// overflow uid, with all others who are not mapped. Whoever runs there could mount nothing that the
// kernel does not let that user reach anyway.
bool is_root_of_outside(uid_t uid) {
  constexpr std::size_t kMaxNumberBytes = 32;
  const HostPath proc("/proc");
  const auto overflow = read_file(proc / "sys/kernel/overflowuid", kMaxNumberBytes);
  return overflow && parse_unsigned<uid_t>(trim(*overflow)) == uid && in_user_namespace(proc);
}

}  // namespace

bool is_trusted_owner(uid_t uid) {
  return uid == 0 || uid == ::geteuid() || is_root_of_outside(uid);
}

Result<FileIdentity> identify_trusted(int fd, std::string_view name, TrustedKind kind) {
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd, name));
  NVINJECT_RETURN_IF_ERROR(
      check_trusted({.mode = facts.st_mode, .uid = facts.st_uid, .gid = facts.st_gid}, kind));
  return FileIdentity{.device = facts.st_dev, .inode = facts.st_ino};
}

Result<void> check_trusted(int fd, std::string_view name, TrustedKind kind) {
  NVINJECT_RETURN_IF_ERROR(identify_trusted(fd, name, kind));
  return {};
}

Result<void> check_trusted(const FileFacts& facts, TrustedKind kind) {
  if (!is_of_kind(facts.mode, kind)) {
    return fail(ErrorCode::kUnavailable, "it is not a file of the expected kind");
  }
  if (!is_trusted_owner(facts.uid)) {
    return fail(ErrorCode::kUnavailable,
                "it belongs to user " + std::to_string(facts.uid) + " instead of root");
  }
  // Group root may write: that is a umask of the installation, not a stranger.
  const mode_t strangers = facts.gid == 0 ? 0002 : 0022;
  const bool may_be_written = S_ISSOCK(facts.mode) || kind == TrustedKind::kSharedDirectory;
  if (!may_be_written && (facts.mode & strangers) != 0) {
    return fail(ErrorCode::kUnavailable, "it is writable by others than its owner");
  }
  return {};
}

}  // namespace nvinject
