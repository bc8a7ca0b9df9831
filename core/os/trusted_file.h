// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string_view>

#include "core/base/file_identity.h"
#include "core/base/result.h"
#include "core/os/mount_table.h"

namespace nvinject {

enum class TrustedKind {
  kRegularFile,
  kProgram,
  kSocketOrDirectory,
  kSharedDirectory,  // of root, in which others may make files
};

// Root, or the user that this process runs as; in a user namespace also the unmapped user that root
// is there.
[[nodiscard]] bool is_trusted_owner(uid_t uid);

// Whether a file may become a mount source: of the right kind, owned by root (is_trusted_owner),
// and writable by nobody else. Anything else could be swapped by a user of the host. `fd` may be
// O_PATH. kUnavailable says what is wrong; a socket may be writable by all, that is its use.
[[nodiscard]] Result<void> check_trusted(int fd, std::string_view name, TrustedKind kind);
[[nodiscard]] Result<void> check_trusted(const FileFacts& facts, TrustedKind kind);

// The same, and which file it is.
[[nodiscard]] Result<FileIdentity> identify_trusted(int fd, std::string_view name,
                                                    TrustedKind kind);

}  // namespace nvinject
