// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/os/file.h"

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
  }
  return false;
}

}  // namespace

Result<void> check_trusted(int fd, std::string_view name, TrustedKind kind) {
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd, name));
  if (!is_of_kind(facts.st_mode, kind)) {
    return fail(ErrorCode::kUnavailable, "it is not a file of the expected kind");
  }
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid()) {
    return fail(ErrorCode::kUnavailable,
                "it belongs to user " + std::to_string(facts.st_uid) + " instead of root");
  }
  if (!S_ISSOCK(facts.st_mode) && (facts.st_mode & 0022) != 0) {
    return fail(ErrorCode::kUnavailable, "it is writable by others than its owner");
  }
  return {};
}

}  // namespace nvinject
