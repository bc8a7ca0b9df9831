// SPDX-License-Identifier: Apache-2.0
#include "core/os/in_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace nvinject {
namespace {

// openat2(2): EAGAIN means that a rename raced with "..": the tree moved under us. A tree that never
// stops moving is an attack, so the retries are bounded.
constexpr int kMaxRaces = 128;

}  // namespace

Result<UniqueFd> open_in_root(int root_fd, std::string_view path, int flags, Links links) {
  const std::string terminated(path);
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  if (links == Links::kRefuse) how.resolve |= RESOLVE_NO_SYMLINKS;
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

}  // namespace nvinject
