// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/os/fd_collection.h"
#include "core/os/mount_table.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

// /usr/lib/nvidia/current: where Debian's packages put what its alternatives link to.
constexpr const char* kProgramDirectories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
                                               "/usr/local/sbin", "/usr/lib/nvidia/current"};

constexpr std::size_t kShownBytes = 128;  // of a value that is refused

struct TrustedFile {
  HostPath host;
  DriverPath path;
  FileIdentity identity;
};

// What was found at `path`, or empty: with a finding when it is there and cannot be used.
std::optional<TrustedFile> trust(Result<DriverRoot::Located> file, const DriverPath& path,
                                 TrustedKind kind, FdCollection& opened, Decisions& findings) {
  if (!file) {
    if (file.error().os_errno != ENOENT && file.error().os_errno != ENOTDIR) {
      findings.push_back({path.string(), "skipped", file.error().message});
    }
    return std::nullopt;
  }
  const auto identity = identify_trusted(file->fd.get(), path.string(), kind);
  opened.add(std::move(file->fd));
  if (!identity) {
    findings.push_back({file->path.string(), "skipped", identity.error().message});
    return std::nullopt;
  }
  return TrustedFile{.host = file->host, .path = file->path, .identity = *identity};
}

std::optional<TrustedFile> locate_trusted(const DriverRoot& root, const DriverPath& path,
                                          TrustedKind kind, FdCollection& opened,
                                          Decisions& findings) {
  return trust(root.locate(path, O_PATH), path, kind, opened, findings);
}

// A file or a directory of that name.
void find_gated_file(const DriverRoot& root, std::string_view name, FdCollection& opened,
                     FoundFiles& found) {
  const DriverPath path{std::string(name)};
  Decisions objections;
  for (const TrustedKind kind : {TrustedKind::kRegularFile, TrustedKind::kSocketOrDirectory}) {
    if (const auto file = locate_trusted(root, path, kind, opened, objections)) {
      found.gated.push_back(
          {.name = std::string(name), .host_path = file->host, .path = file->path});
      return;
    }
  }
  // What is neither is said once.
  if (!objections.empty()) found.findings.push_back(std::move(objections.back()));
}

// A variable said it: empty where it can be taken as the name of a directory, else what is wrong.
std::string_view why_no_plain_path(std::string_view path) {
  if (!path.starts_with('/')) return "it is not absolute";
  if (path.size() >= PATH_MAX) return "it is longer than any path";
  if (!is_utf8(path) || without_control_characters(path) != path) return "it is not plain text";
  const auto components = split(path, '/');
  const auto climbs = [](std::string_view component) { return component == ".."; };
  return std::any_of(components.begin(), components.end(), climbs) ? "it contains '..'" : "";
}

// /tmp is everybody's: a link there to what root alone may read must not be mounted for anybody.
// Not every kernel refuses to follow it (proc(5), fs.protected_symlinks); one of root's own nobody
// else can replace there.
Result<DriverRoot::Located> locate_unless_foreign_link(const DriverRoot& root,
                                                       const DriverPath& path) {
  NVINJECT_ASSIGN_OR_RETURN(DriverRoot::Located file, root.locate(path, O_PATH | O_NOFOLLOW));
  NVINJECT_ASSIGN_OR_RETURN(const FileFacts facts, file_facts(file.fd.get(), path.string()));
  if (!S_ISLNK(facts.mode)) return file;
  if (facts.uid == 0 || facts.uid == ::geteuid()) return root.locate(path, O_PATH);
  return fail(ErrorCode::kUnavailable, quote(path.string()) + " is a link of user " +
                                           std::to_string(facts.uid) +
                                           ": only root says where it leads");
}

std::optional<TrustedFile> find_mps_pipes(const DriverRoot& root, const std::string& place,
                                          FdCollection& opened, Decisions& findings) {
  const auto refuse = [&](std::string_view why) {
    findings.push_back({"CUDA_MPS_PIPE_DIRECTORY", "skipped",
                        quote(place.substr(0, kShownBytes)) + ": " + std::string(why)});
    return std::nullopt;
  };
  if (const std::string_view why = why_no_plain_path(place); !why.empty()) return refuse(why);
  const DriverPath path(place);
  auto file = trust(locate_unless_foreign_link(root, path), path, TrustedKind::kSocketOrDirectory,
                    opened, findings);
  if (file && file->path.string() == "/") return refuse("it is the root directory");
  return file;
}

void find_socket(const DriverRoot& root, std::string_view name, const std::string& mps_pipes,
                 FdCollection& opened, FoundFiles& found) {
  const auto file = name == kMpsPipes
                        ? find_mps_pipes(root, mps_pipes.empty() ? std::string(name) : mps_pipes,
                                         opened, found.findings)
                        : locate_trusted(root, DriverPath(std::string(name)),
                                         TrustedKind::kSocketOrDirectory, opened, found.findings);
  if (!file) return;
  found.sockets.push_back({.name = std::string(name), .host_path = file->host, .path = file->path});
}

}  // namespace

FoundFiles scan_driver_files(const DriverRoot& root, const WantedFiles& wanted,
                             const std::string& mps_pipes) {
  FoundFiles found;
  FdCollection opened;
  std::vector<std::string> missing;
  for (const std::string_view name : wanted.programs) {
    std::optional<TrustedFile> file;
    for (const char* const directory : kProgramDirectories) {
      file = locate_trusted(root, DriverPath(directory) / name, TrustedKind::kProgram, opened,
                            found.findings);
      if (file) break;
    }
    if (file) {
      found.programs.push_back({.name = std::string(name),
                                .host_path = file->host,
                                .path = file->path,
                                .identity = file->identity});
    } else {
      missing.emplace_back(name);
    }
  }
  if (!missing.empty()) found.findings.push_back({"programs", "missing", join(missing, " ")});
  for (const std::string_view name : wanted.sockets) {
    find_socket(root, name, mps_pipes, opened, found);
  }
  for (const std::string_view name : wanted.gated_files) {
    find_gated_file(root, name, opened, found);
  }
  return found;
}

}  // namespace nvinject
