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

struct EditedFile {
  FileText after;
  Backup backup = Backup::kNone;
  std::string note;  // what the operator has to know of it, whether it changes or not; or empty
};

struct FileEdit {
  HostPath path;
  std::size_t max_bytes = 0;
  std::function<Result<EditedFile>(const FileText& before)> edit;
};

struct FileChange {
  ConfigFile file;
  FileText after;
  Backup backup = Backup::kNone;
};

struct FileChanges {
  std::vector<FileChange> changes;  // of those files that change
  std::vector<std::string> notes;
};

// Nothing is written.
[[nodiscard]] Result<FileChanges> plan_changes(const std::vector<FileEdit>& edits);

// As `diff -u` shows it; a file that is not there is /dev/null.
[[nodiscard]] std::string show(const FileChange& change);

// Returns what was done, one line.
[[nodiscard]] Result<std::string> carry_out(FileChange& change);

}  // namespace nvinject::cli
