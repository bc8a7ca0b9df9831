// SPDX-License-Identifier: Apache-2.0
#include "core/os/unix_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/text.h"
#include "core/os/state_directory.h"

namespace nvinject {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 16;
constexpr milliseconds kIsAnybodyThere{500};
constexpr std::size_t kStep = std::size_t{64} * 1024;

Result<sockaddr_un> address_of(const HostPath& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.string().size() >= sizeof address.sun_path) {
    return fail(ErrorCode::kInvalidRequest, "name socket " + quote(path.string()) + ": 1 to " +
                                                std::to_string(sizeof address.sun_path - 1) +
                                                " bytes are possible");
  }
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  return address;
}

// The one cast that the sockets interface asks for.
const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<UniqueFd> open_socket(int flags) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd.valid()) return fail_errno("open socket", "AF_UNIX", errno);
  return fd;
}

int milliseconds_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

// What is at `name` may be replaced: nothing, or a socket on which nobody listens.
Result<void> check_replaceable(int directory_fd, const std::string& name, const HostPath& path) {
  struct stat facts{};
  if (::fstatat(directory_fd, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno("stat", path.string(), errno);
  }
  if (!S_ISSOCK(facts.st_mode)) {
    return fail(ErrorCode::kInvalidRequest,
                "listen on " + quote(path.string()) + ": something else than a socket is there");
  }
  const auto somebody = connect_unix(path, kIsAnybodyThere);
  if (!somebody && (somebody.error().os_errno == ECONNREFUSED ||
                    somebody.error().code == ErrorCode::kNotFound)) {
    return {};
  }
  return fail(ErrorCode::kUnavailable,
              "listen on " + quote(path.string()) + ": another process listens there");
}

// Under a name of its own, so that it can take its place when it is complete. By the descriptor of
// the directory: a path could lead elsewhere by now.
Result<UniqueFd> listen_at(int directory_fd, const std::string& name, mode_t mode) {
  const HostPath path("/proc/self/fd/" + std::to_string(directory_fd) + "/" + name);
  NVINJECT_ASSIGN_OR_RETURN(const sockaddr_un address, address_of(path));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_socket(SOCK_NONBLOCK));
  if (::bind(fd.get(), generic(address), sizeof address) != 0) {
    return fail_errno("bind socket", name, errno);
  }
  // Before it listens nobody can connect, whatever the umask made of its mode.
  if (::fchmodat(directory_fd, name.c_str(), mode, 0) != 0) {
    return fail_errno("change mode of", name, errno);
  }
  if (::listen(fd.get(), kBacklog) != 0) return fail_errno("listen on", name, errno);
  return fd;
}

Result<ucred> ask_for_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail_errno("ask for the peer of", "socket", errno);
  }
  return peer;
}

}  // namespace

Result<UniqueFd> connect_unix(const HostPath& path, milliseconds deadline) {
  NVINJECT_ASSIGN_OR_RETURN(const sockaddr_un address, address_of(path));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_socket(0));
  // connect(2) waits while the other side's queue is full, for as long as a send may take.
  const auto count = std::max<std::int64_t>(1, deadline.count());
  const timeval patience{.tv_sec = count / 1000, .tv_usec = count % 1000 * 1000};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
    return fail_errno("set deadline of socket", path.string(), errno);
  }
  int status = 0;
  do {
    status = ::connect(fd.get(), generic(address), sizeof address);
  } while (status != 0 && errno == EINTR);
  if (status == 0) return fd;
  const int problem = errno;
  auto failed = fail_errno("connect to", path.string(), problem);
  if (problem == ECONNREFUSED || problem == EAGAIN) {
    failed.value().code = ErrorCode::kUnavailable;
  }
  return failed;
}

bool is_socket(const HostPath& path) {
  struct stat facts{};
  return ::lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode);
}

Result<pid_t> peer_process(int fd) {
  NVINJECT_ASSIGN_OR_RETURN(const ucred peer, ask_for_peer(fd));
  return peer.pid;
}

Result<uid_t> peer_user(int fd) {
  NVINJECT_ASSIGN_OR_RETURN(const ucred peer, ask_for_peer(fd));
  return peer.uid;
}

Result<void> send_all(int fd, std::string_view name, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      auto failed = fail_errno("send to", name, errno);
      failed.value().code = ErrorCode::kUnavailable;
      return failed;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> read_to_end(int fd, std::string_view name, std::size_t max_bytes,
                                milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  std::string bytes;
  std::vector<char> step(kStep);
  for (;;) {
    pollfd event{fd, POLLIN, 0};
    const int ready = ::poll(&event, 1, milliseconds_until(until));
    if (ready < 0 && errno != EINTR) return fail_errno("wait for", name, errno);
    if (ready == 0) {
      return fail(ErrorCode::kUnavailable, "read " + quote(name) + ": not complete after " +
                                               std::to_string(deadline.count()) + " ms");
    }
    if (ready < 0) continue;
    const ssize_t got = ::recv(fd, step.data(), step.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno("read", name, errno);
    if (got == 0) return bytes;
    bytes.append(step.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) {
      return fail(ErrorCode::kInvalidRequest,
                  "read " + quote(name) + ": more than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<UniqueFd> listen_unix(const HostPath& path, mode_t mode) {
  const std::string name(path.file_name());
  NVINJECT_RETURN_IF_ERROR(address_of(path));  // clients have to name it
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd directory, open_state_directory(path.parent()));
  NVINJECT_RETURN_IF_ERROR(check_replaceable(directory.get(), name, path));
  std::uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) {
    return fail_errno("draw a random name for", path.string(), errno);
  }
  const std::string temporary = ".nvinject." + std::to_string(random);
  auto fd = listen_at(directory.get(), temporary, mode);
  if (fd && ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0) {
    fd = fail_errno("replace", path.string(), errno);
  }
  if (!fd) ::unlinkat(directory.get(), temporary.c_str(), 0);
  return fd;
}

}  // namespace nvinject
