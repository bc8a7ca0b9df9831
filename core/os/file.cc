// SPDX-License-Identifier: Apache-2.0
#include "core/os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::size_t kFirstStep = 4096;
constexpr std::size_t kDirectoryStep = 8192;

Result<void> write_all(int fd, std::string_view name, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// The owner is set before the mode: chown(2) clears set-id bits.
Result<void> fill_file(int fd, std::string_view name, std::string_view bytes,
                       const FileOwner& owner) {
  NVINJECT_RETURN_IF_ERROR(write_all(fd, name, bytes));
  if (::fchown(fd, owner.uid, owner.gid) != 0) {
    return fail_errno("change owner of", name, errno);
  }
  if (::fchmod(fd, owner.mode & 07777) != 0) return fail_errno("change mode of", name, errno);
  return {};
}

Result<void> sync(int fd, std::string_view name, Durability durability) {
  if (durability == Durability::kPowerCut && ::fsync(fd) != 0) {
    return fail_errno("sync", name, errno);
  }
  return {};
}

tl::unexpected<Error> too_large(std::string_view name, std::size_t max_bytes) {
  return fail(ErrorCode::kInvalidRequest,
              "read " + quote(name) + ": larger than " + std::to_string(max_bytes) + " bytes");
}

// `expected`: what the size is said to be; 0, as files of procfs say, means unknown.
enum class ShortRead { kMayHaveMore, kIsTheEnd };
Result<std::string> read_to_end(int fd, std::string_view name, std::size_t max_bytes,
                                std::size_t expected,
                                ShortRead short_read = ShortRead::kMayHaveMore) {
  // One byte more than expected is asked for: the end of the file shows in the same call, and
  // "exactly the limit" differs from "more".
  std::size_t step = (expected == 0 ? kFirstStep : expected) + 1;
  std::string bytes;
  std::size_t used = 0;
  for (;;) {
    bytes.resize(used + std::min(step, max_bytes + 1 - used));
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", name, errno);
    used += static_cast<std::size_t>(got);
    const bool is_short = used < bytes.size();
    // A file that says its size gives all of it at once; one of procfs says 0.
    if (got == 0 || (is_short && short_read == ShortRead::kIsTheEnd) ||
        (expected != 0 && used == expected))
      break;
    if (used > max_bytes) return too_large(name, max_bytes);
    step = std::max(used, kFirstStep);
  }
  bytes.resize(used);
  return bytes;
}

// getdents64(2) and not readdir(3), which asks three things of the descriptor first and allocates.
Result<std::vector<std::string>> read_entries(int fd, std::string_view path,
                                              std::size_t max_entries) {
  alignas(dirent64) std::array<char, kDirectoryStep> bytes;
  std::vector<std::string> names;
  for (;;) {
    const ssize_t got = ::getdents64(fd, bytes.data(), bytes.size());
    if (got < 0) return fail_errno("read directory", path, errno);
    if (got == 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(bytes.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (names.size() == max_entries) {
        return fail(ErrorCode::kInvalidRequest, "read directory " + quote(path) + ": more than " +
                                                    std::to_string(max_entries) + " entries");
      }
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<UniqueFd> open_file(const HostPath& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open", path.string(), errno);
  return fd;
}

Result<UniqueFd> open_directory(const HostPath& path) {
  return open_file(path, O_RDONLY | O_DIRECTORY);
}

Result<struct stat> stat_fd(int fd, std::string_view name) {
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) return fail_errno("stat", name, errno);
  return facts;
}

Result<std::string> read_fd(int fd, std::string_view name, std::size_t max_bytes) {
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd, name));
  return read_fd(fd, name, max_bytes, facts);
}

Result<std::string> read_fd(int fd, std::string_view name, std::size_t max_bytes,
                            const struct stat& facts) {
  if (!S_ISREG(facts.st_mode)) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(name) + ": not a regular file");
  }
  // What says so itself (a sparse file of 4 GB) costs no memory and no time.
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size > max_bytes) return too_large(name, max_bytes);
  return read_to_end(fd, name, max_bytes, size);
}

Result<std::string> read_record_fd(int fd, std::string_view name, std::size_t max_bytes) {
  return read_to_end(fd, name, max_bytes, 0, ShortRead::kIsTheEnd);
}

Result<std::string> read_record_file(const HostPath& path, std::size_t max_bytes) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  return read_record_fd(fd.get(), path.string(), max_bytes);
}

Result<std::string> read_stream(int fd, std::string_view name, std::size_t max_bytes) {
  return read_to_end(fd, name, max_bytes, 0);
}

Result<std::string> read_file(const HostPath& path, std::size_t max_bytes) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  return read_fd(fd.get(), path.string(), max_bytes);
}

std::string read_attribute(const HostPath& path) {
  constexpr std::size_t kMaxBytes = 4096;
  const auto text = read_file(path, kMaxBytes);
  return text ? std::string(trim(*text)) : std::string();
}

Result<std::vector<std::string>> read_directory(const HostPath& path) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_directory(path));
  return read_entries(fd.get(), path.string(), std::numeric_limits<std::size_t>::max());
}

Result<std::vector<std::string>> read_directory_fd(int fd, std::string_view name,
                                                   std::size_t max_entries) {
  const UniqueFd again(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again.valid()) return fail_errno("read directory", name, errno);
  return read_entries(again.get(), name, max_entries);
}

Result<HostPath> path_of_fd(int fd, std::string_view name) {
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length < 0) return fail_errno("resolve", name, errno);
  if (static_cast<std::size_t>(length) == target.size()) {
    return fail_errno("resolve", name, ENAMETOOLONG);
  }
  return HostPath(std::string(target.data(), static_cast<std::size_t>(length)));
}

Result<void> write_file_atomically(int directory_fd, const std::string& name,
                                   std::string_view bytes, const FileOwner& owner,
                                   Durability durability) {
  // O_EXCL: a name planted by somebody else is an error, never a file that we write through. The
  // random part keeps a leftover of a killed process, or a guess, out of the way.
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) {
    return fail_errno("draw a random name for", name, errno);
  }
  const std::string temporary = "." + name + ".nvinject." + std::to_string(random);
  UniqueFd fd(::openat(directory_fd, temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return fail_errno("create", temporary, errno);
  Result<void> written = fill_file(fd.get(), temporary, bytes, owner);
  if (written) written = sync(fd.get(), temporary, durability);
  if (written && ::renameat(directory_fd, temporary.c_str(), directory_fd, name.c_str()) != 0) {
    written = fail_errno("replace", name, errno);
  }
  if (!written) {
    ::unlinkat(directory_fd, temporary.c_str(), 0);
    return written;
  }
  return sync(directory_fd, name, durability);
}

Result<void> append_to_file(const HostPath& path, std::string_view bytes, mode_t mode) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  const UniqueFd fd(::open(path.c_str(), kFlags, mode));
  if (!fd.valid()) return fail_errno("open", path.string(), errno);
  if (::write(fd.get(), bytes.data(), bytes.size()) < 0) {
    return fail_errno("write", path.string(), errno);
  }
  return {};
}

Result<void> write_control_file(const HostPath& path, std::string_view bytes) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_WRONLY | O_NOFOLLOW));
  return write_control_fd(fd.get(), path.string(), bytes);
}

Result<void> write_control_fd(int fd, std::string_view name, std::string_view bytes) {
  if (::write(fd, bytes.data(), bytes.size()) < 0) return fail_errno("write", name, errno);
  return {};
}

}  // namespace nvinject
