// SPDX-License-Identifier: Apache-2.0
#include "core/cli/file_edit.h"

#include <utility>

#include "core/engines/text_diff.h"

namespace nvinject::cli {
namespace {

constexpr std::string_view kNoFile = "/dev/null";

std::string_view name_of(const FileChange& change, const FileText& text) {
  return text ? std::string_view(change.file.path().string()) : kNoFile;
}

}  // namespace

Result<FileChanges> plan_changes(const std::vector<FileEdit>& edits) {
  FileChanges planned;
  for (const FileEdit& edit : edits) {
    NVINJECT_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::open(edit.path, edit.max_bytes));
    NVINJECT_ASSIGN_OR_RETURN(EditedFile edited, edit.edit(file.text()));
    if (!edited.note.empty()) planned.notes.push_back(std::move(edited.note));
    if (edited.after == file.text()) continue;
    planned.changes.push_back(
        {.file = std::move(file), .after = std::move(edited.after), .backup = edited.backup});
  }
  return planned;
}

std::string show(const FileChange& change) {
  const FileText& before = change.file.text();
  return unified_diff(before.value_or(""), change.after.value_or(""), name_of(change, before),
                      name_of(change, change.after));
}

Result<std::string> carry_out(FileChange& change) {
  const std::string& path = change.file.path().string();
  const bool is_new = !change.file.text();
  if (change.after) {
    NVINJECT_RETURN_IF_ERROR(change.file.replace(*change.after, change.backup));
  } else {
    NVINJECT_RETURN_IF_ERROR(change.file.remove(change.backup));
  }
  const std::string done = is_new ? "wrote " : change.after ? "changed " : "removed ";
  if (is_new || change.backup == Backup::kNone) return done + path;
  return done + path + " (as it was: " + path + std::string(kBackupSuffix) + ")";
}

}  // namespace nvinject::cli
