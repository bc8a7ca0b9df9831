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
constexpr int kMaxTreeRaces = 128;

// O_PATH opens nothing.
Result<UniqueFd> find_regular(int root_fd, std::string_view path, Links links, Mounts mounts) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd found, open_in_root(root_fd, path, O_PATH, links, mounts));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(found.get(), path));
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::kInvalidRequest, "open " + quote(path) + ": not a regular file");
  }
  return found;
}

}  // namespace

Result<UniqueFd> open_in_root(int root_fd, std::string_view path, int flags, Links links,
                              Mounts mounts) {
  const std::string terminated(path);
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  if (links == Links::kRefuse) how.resolve |= RESOLVE_NO_SYMLINKS;
  if (mounts == Mounts::kRefuse) how.resolve |= RESOLVE_NO_XDEV;
  for (int race = 0; race < kMaxTreeRaces; ++race) {
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
  // The second open is of the very inode that was looked at, whatever the path means by then.
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd found, find_regular(root_fd, path, links, mounts));
  const HostPath same("/proc/self/fd/" + std::to_string(found.get()));
  return open_file(same, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

bool has_regular_in_root(int root_fd, std::string_view path, Links links, Mounts mounts) {
  return find_regular(root_fd, path, links, mounts).has_value();
}

Result<UniqueFd> make_file_at(int directory_fd, const std::string& name, mode_t mode) {
  const int fd = ::openat(directory_fd, name.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return fail_errno("make file", name, errno);
  return UniqueFd(fd);
}

Result<UniqueFd> make_directory_at(int directory_fd, const std::string& name, mode_t mode) {
  // The mode is to be this one, whatever this process was started with: a chmod afterwards could be
  // of something else that was put there.
  const mode_t mask = ::umask(0);
  const int made = ::mkdirat(directory_fd, name.c_str(), mode);
  const int problem = errno;
  ::umask(mask);
  if (made != 0) return fail_errno("make directory", name, problem);
  return open_in_root(directory_fd, name, O_PATH | O_DIRECTORY, Links::kRefuse, Mounts::kRefuse);
}

void remove_empty_at(int directory_fd, const std::string& name, int made_fd) {
  struct stat made{};
  struct stat facts{};
  if (::fstat(made_fd, &made) != 0 ||
      ::fstatat(directory_fd, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
      made.st_dev != facts.st_dev || made.st_ino != facts.st_ino) {
    return;
  }
  if (S_ISDIR(facts.st_mode)) ::unlinkat(directory_fd, name.c_str(), AT_REMOVEDIR);
  if (S_ISREG(facts.st_mode) && facts.st_size == 0) ::unlinkat(directory_fd, name.c_str(), 0);
}

}  // namespace nvinject
