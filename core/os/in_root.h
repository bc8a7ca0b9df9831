// SPDX-License-Identifier: Apache-2.0
#pragma once

// Opening below a directory as if it were "/": openat2(2) with RESOLVE_IN_ROOT, so that symbolic
// links and ".." of a hostile tree stay inside it. There is no fallback: a kernel without openat2
// (before 5.6) answers kUnsupported and the caller does not look into the tree.

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

enum class Links { kFollowInside, kRefuse };
// kRefuse (EXDEV): what is mounted below the root, a volume for instance, is not the root's own
// file.
enum class Mounts { kCross, kRefuse };

// `flags` as for open(2); O_CLOEXEC is added. Links::kRefuse fails on any symbolic link on the way
// (ELOOP), the last component included.
[[nodiscard]] Result<UniqueFd> open_in_root(int root_fd, std::string_view path, int flags,
                                            Links links = Links::kFollowInside,
                                            Mounts mounts = Mounts::kCross);

// A regular file, for reading; anything else is kInvalidRequest and is never opened: opening alone
// hangs on a fifo and, on a device node that an image brings, starts a watchdog or rewinds a tape.
[[nodiscard]] Result<UniqueFd> open_regular_in_root(int root_fd, std::string_view path,
                                                    Links links = Links::kFollowInside,
                                                    Mounts mounts = Mounts::kCross);

// Whether the last one could be opened, without opening it.
[[nodiscard]] bool has_regular_in_root(int root_fd, std::string_view path,
                                       Links links = Links::kFollowInside,
                                       Mounts mounts = Mounts::kCross);

// Makes an empty file, or a directory, that is not there yet (EEXIST), and opens it. `name` is one
// component; a link in its place counts as there.
[[nodiscard]] Result<UniqueFd> make_file_at(int directory_fd, const std::string& name, mode_t mode);
[[nodiscard]] Result<UniqueFd> make_directory_at(int directory_fd, const std::string& name,
                                                 mode_t mode);

// Removes what the two above have made, `made_fd`, while it is empty and still has that name;
// whatever else is there by then is somebody else's, and stays.
void remove_empty_at(int directory_fd, const std::string& name, int made_fd);

}  // namespace nvinject
