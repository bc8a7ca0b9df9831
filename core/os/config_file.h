// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file of somebody else's configuration (/etc/docker/daemon.json): read, and replaced so that the
// old one is kept and a power cut leaves the one or the other. It lies on a disk, belongs to the
// operator and is edited by hand and by other programs too.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/os/file.h"

namespace nvinject {

// What is beside the file afterwards: as it was before it last changed.
inline constexpr std::string_view kBackupSuffix = ".nvinject-backup";
enum class Backup { kNone, kBeside };

class ConfigFile {
 public:
  // One that is not there has no text; its directory may be missing too. A symbolic link in its
  // place is kInvalidRequest: what it leads to may be generated, read-only, or shared by others, so
  // whoever means that file names it. Until the value is gone no other of ours changes a file of
  // that directory.
  [[nodiscard]] static Result<ConfigFile> open(const HostPath& path, std::size_t max_bytes);

  [[nodiscard]] const HostPath& path() const { return path_; }
  [[nodiscard]] const std::optional<std::string>& text() const { return text_; }

  // Owner and mode stay; a new file is root's and 0644, and its directory is made.
  [[nodiscard]] Result<void> replace(std::string_view text, Backup backup);
  [[nodiscard]] Result<void> remove(Backup backup);

 private:
  explicit ConfigFile(HostPath path) : path_(std::move(path)) {}
  [[nodiscard]] Result<void> open_and_lock_directory();
  [[nodiscard]] Result<void> read(std::size_t max_bytes);
  [[nodiscard]] Result<void> keep_old(Backup backup) const;

  HostPath path_;
  UniqueFd directory_;  // not valid: it is not there
  std::optional<std::string> text_;
  FileOwner owner_;
};

}  // namespace nvinject
