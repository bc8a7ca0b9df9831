// SPDX-License-Identifier: Apache-2.0
#include "core/os/in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

// openat2(2): EAGAIN means that a rename raced with "..": the tree moved under us. A tree that
// never stops moving is an attack, so the retries are bounded.
constexpr int kMaxRaces = 128;

}  // namespace

Result<UniqueFd> open_in_root(int root_fd, std::string_view path, int flags, Links links,
                              Mounts mounts) {
  const std::string terminated(path);
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  if (links == Links::kRefuse) how.resolve |= RESOLVE_NO_SYMLINKS;
  if (mounts == Mounts::kRefuse) how.resolve |= RESOLVE_NO_XDEV;
  for (int race = 0; race < kMaxRaces; ++race) {
    const long fd = ::syscall(SYS_openat2, root_fd, terminated.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  if (errno == ENOSYS) {
    return fail(ErrorCode::kUnsupported, "open in a root: this kernel has no openat2 (Linux 5.6)");
  }
  return fail_errno("open in root", terminated, errno);
}

Result<UniqueFd> open_regular_in_root(int root_fd, std::string_view path, Links links,
                                      Mounts mounts) {
  // O_PATH opens nothing. The second open is of the very inode that was looked at, whatever the
  // path means by then.
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd found,
                            open_in_root(root_fd, path, O_PATH, links, mounts));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(found.get(), path));
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::kInvalidRequest, "open " + quote(path) + ": not a regular file");
  }
  const HostPath same("/proc/self/fd/" + std::to_string(found.get()));
  return open_file(same, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

}  // namespace nvinject
