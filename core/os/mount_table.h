// SPDX-License-Identifier: Apache-2.0
#pragma once

// /proc/<pid>/mountinfo (proc(5)) and what statx(2) says of the mount that a file is on.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

// A host with a thousand containers has some megabytes.
inline constexpr std::size_t kMaxMountInfoBytes = 64U << 20U;

struct MountEntry {
  std::uint64_t id = 0;
  dev_t device = 0;
  std::string root;         // what of its file system is mounted: "/"
  std::string mount_point;  // as the reader sees it
  bool shared = false;      // what is mounted below shows in other namespaces too
  std::string type;         // "cgroup2"
  std::string super_options;
  bool operator==(const MountEntry&) const = default;
};

// Lines that are no entries are passed over.
[[nodiscard]] std::vector<MountEntry> parse_mountinfo(std::string_view text);

struct FileFacts {
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  dev_t device = 0;  // of the file system
  std::uint64_t inode = 0;
  dev_t number = 0;  // of a device node
  std::uint64_t size = 0;
  std::uint64_t mount_id = 0;
};

// statx(2) of an open file.
[[nodiscard]] Result<FileFacts> file_facts(int fd, std::string_view name);

}  // namespace nvinject
