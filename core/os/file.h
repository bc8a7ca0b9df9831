// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files of the host: bounded reading, atomic replacing. All descriptors are O_CLOEXEC.

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

// open(2) with O_CLOEXEC added.
[[nodiscard]] Result<UniqueFd> open_file(const HostPath& path, int flags);

// O_RDONLY | O_DIRECTORY.
[[nodiscard]] Result<UniqueFd> open_directory(const HostPath& path);

// The whole file, at most `max_bytes` (more is kInvalidRequest). Works for procfs, whose files say
// size 0. The file must not block: fifos and sockets are refused.
[[nodiscard]] Result<std::string> read_file(const HostPath& path, std::size_t max_bytes);

// The same from an open descriptor; `name` is for messages.
[[nodiscard]] Result<std::string> read_fd(int fd, std::string_view name, std::size_t max_bytes);
// For who has its stat_fd already.
[[nodiscard]] Result<std::string> read_fd(int fd, std::string_view name, std::size_t max_bytes,
                                          const struct stat& facts);

// A file that the kernel writes in one piece (seq_file's single_open: those of the driver in
// procfs, those of a cgroup), so that a read which brings less than there is room for has brought
// the end: without asking for its size, which is 0 anyway.
[[nodiscard]] Result<std::string> read_record_fd(int fd, std::string_view name,
                                                 std::size_t max_bytes);
[[nodiscard]] Result<std::string> read_record_file(const HostPath& path, std::size_t max_bytes);

// An attribute of sysfs, or of proc(5)'s sys, without the white space around it; empty where it
// cannot be read.
[[nodiscard]] std::string read_attribute(const HostPath& path);

// What is sent through a pipe or socket until its end, at most `max_bytes`. Waits for the sender; a
// regular file does as well.
[[nodiscard]] Result<std::string> read_stream(int fd, std::string_view name, std::size_t max_bytes);

// Entry names of a directory, sorted, without "." and "..".
[[nodiscard]] Result<std::vector<std::string>> read_directory(const HostPath& path);

// The same of an open directory that is not trusted: kInvalidRequest when it has more than
// `max_entries`. Its own position is left alone.
[[nodiscard]] Result<std::vector<std::string>> read_directory_fd(int fd, std::string_view name,
                                                                 std::size_t max_entries);

// fstat(2)
[[nodiscard]] Result<struct stat> stat_fd(int fd, std::string_view name);

// Where the descriptor is now, from /proc/self/fd.
[[nodiscard]] Result<HostPath> path_of_fd(int fd, std::string_view name);

// Owner and mode that a replaced file keeps; for a new file the caller says them.
struct FileOwner {
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0644;
};

// What a file has to outlive. kThisProcess needs no fsync(2): bundles and facts live in /run and
// end with a power cut, and on a disk a sync would cost more than everything else that a container
// start does here. kPowerCut: the bytes are on the disk before they take the name, and so is the
// name when the call returns.
enum class Durability { kThisProcess, kPowerCut };

// Replaces `name` (one component, never followed if a link) in the directory: a temporary file
// beside it, then renameat(2). Whoever looks, and whenever we are killed, sees the whole old file
// or the whole new one.
[[nodiscard]] Result<void> write_file_atomically(int directory_fd, const std::string& name,
                                                 std::string_view bytes, const FileOwner& owner,
                                                 Durability durability = Durability::kThisProcess);

// Appends in one write(2), so that lines of several processes stay whole; the file is made when it
// is not there. Never waits, not even for the reader of a fifo.
[[nodiscard]] Result<void> append_to_file(const HostPath& path, std::string_view bytes,
                                          mode_t mode);

// One write(2) to a file that is there and speaks for the kernel (cgroups(7)).
[[nodiscard]] Result<void> write_control_file(const HostPath& path, std::string_view bytes);
[[nodiscard]] Result<void> write_control_fd(int fd, std::string_view name, std::string_view bytes);

}  // namespace nvinject
