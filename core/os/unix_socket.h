// SPDX-License-Identifier: Apache-2.0
#pragma once

// Local stream sockets that have a place in the file system (unix(7)).

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

// kNotFound: no such socket. kUnavailable: nobody listens there, or too many wait before us. The
// descriptor blocks.
[[nodiscard]] Result<UniqueFd> connect_unix(const HostPath& path,
                                            std::chrono::milliseconds deadline);

// Whether a socket is there, and no link to one; somebody may listen on it or not.
[[nodiscard]] bool is_socket(const HostPath& path);

// The process that listens there, or that made the socket for the one that does (systemd).
[[nodiscard]] Result<pid_t> peer_process(int fd);

// The user that the other side is.
[[nodiscard]] Result<uid_t> peer_user(int fd);

// All of it, or kUnavailable when the other side does not take it: a descriptor of connect_unix
// waits as long as its deadline.
[[nodiscard]] Result<void> send_all(int fd, std::string_view name, std::string_view bytes);

// All that the other side sends until it closes: more than `max_bytes` is kInvalidRequest, an end
// that is not there at the deadline kUnavailable. `name` is for messages.
[[nodiscard]] Result<std::string> read_to_end(int fd, std::string_view name, std::size_t max_bytes,
                                              std::chrono::milliseconds deadline);

// A socket that listens at `path` with these permissions; the descriptor does not block. Its
// directory is made if needed, must be ours and writable by nobody else. A socket that is left from
// a process that is gone is replaced in one step, so that whoever connects meets the one or the
// other. One on which somebody listens is kUnavailable, anything that is no socket kInvalidRequest:
// neither is touched.
[[nodiscard]] Result<UniqueFd> listen_unix(const HostPath& path, mode_t mode);

}  // namespace nvinject
