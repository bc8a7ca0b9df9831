// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of configuration files, shown or carried out: all are thought through before the first is
// written, so that what cannot be done to one leaves the others as they are.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/os/config_file.h"

namespace nvinject::cli {

// The text of a file; std::nullopt: there is none.
using FileText = std::optional<std::string>;

struct FileEdit {
  HostPath path;
  std::size_t max_bytes = 0;
  Backup backup = Backup::kNone;
  std::function<Result<FileText>(const FileText& before)> edit;
};

struct FileChange {
  ConfigFile file;
  FileText after;
  Backup backup = Backup::kNone;
};

// Those edits that change something; nothing is written.
[[nodiscard]] Result<std::vector<FileChange>> plan_changes(const std::vector<FileEdit>& edits);

// As `diff -u` shows it; a file that is not there is /dev/null.
[[nodiscard]] std::string show(const FileChange& change);

// Returns what was done, one line.
[[nodiscard]] Result<std::string> carry_out(FileChange& change);

}  // namespace nvinject::cli
