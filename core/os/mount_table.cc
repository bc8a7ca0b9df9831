// SPDX-License-Identifier: Apache-2.0
#include "core/os/mount_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/base/text.h"

namespace nvinject {
namespace {

// "\040" and the like: the kernel writes white space and backslashes so.
std::string unescape_octal(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      if (const auto code = parse_unsigned<std::uint8_t>(text.substr(i + 1, 3), 8)) {
        plain.push_back(static_cast<char>(*code));
        i += 3;
        continue;
      }
    }
    plain.push_back(text[i]);
  }
  return plain;
}

std::optional<dev_t> parse_device(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 2) return std::nullopt;
  const auto major = parse_unsigned<unsigned>(parts[0]);
  const auto minor = parse_unsigned<unsigned>(parts[1]);
  if (!major || !minor) return std::nullopt;
  return makedev(*major, *minor);
}

// 36 35 98:0 /root /mount/point rw,noatime shared:1 master:2 - ext4 /dev/sda1 rw,errors=continue
// (0)(1)(2)  (3)   (4)          (5)        (any number)      (-)(+1) (+2)     (+3)
std::optional<MountEntry> parse_line(std::string_view line) {
  const auto words = split(line, ' ');
  const auto dash = std::find(words.begin(), words.end(), std::string_view("-"));
  if (dash - words.begin() < 6 || words.end() - dash < 4) return std::nullopt;
  const auto id = parse_unsigned<std::uint64_t>(words[0]);
  const auto device = parse_device(words[2]);
  if (!id || !device) return std::nullopt;
  return MountEntry{
      .id = *id,
      .device = *device,
      .root = unescape_octal(words[3]),
      .mount_point = unescape_octal(words[4]),
      .shared = std::any_of(words.begin() + 6, dash,
                            [](std::string_view word) { return word.starts_with("shared:"); }),
      .type = std::string(dash[1]),
      .super_options = std::string(dash[3])};
}

}  // namespace

std::vector<MountEntry> parse_mountinfo(std::string_view text) {
  std::vector<MountEntry> entries;
  for (const std::string_view line : split(text, '\n')) {
    if (auto entry = parse_line(line)) entries.push_back(*std::move(entry));
  }
  return entries;
}

Result<FileFacts> file_facts(int fd, std::string_view name) {
  struct statx facts{};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_MNT_ID,
              &facts) != 0) {
    return fail_errno("stat", name, errno);
  }
  return FileFacts{.mode = facts.stx_mode,
                   .uid = facts.stx_uid,
                   .gid = facts.stx_gid,
                   .device = makedev(facts.stx_dev_major, facts.stx_dev_minor),
                   .inode = facts.stx_ino,
                   .number = makedev(facts.stx_rdev_major, facts.stx_rdev_minor),
                   .size = facts.stx_size,
                   .mount_id = facts.stx_mnt_id};
}

}  // namespace nvinject
