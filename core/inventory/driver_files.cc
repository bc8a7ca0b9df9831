// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_files.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/inventory/mps_pipes.h"
#include "core/os/fd_collection.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

// /usr/lib/nvidia/current: where Debian's packages put what its alternatives link to.
constexpr const char* kProgramDirectories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
                                               "/usr/local/sbin", "/usr/lib/nvidia/current"};

struct TrustedFile {
  HostPath host;
  DriverPath path;
  FileIdentity identity;
};

// The file, or empty: with a finding when it is there and cannot be used.
std::optional<TrustedFile> locate_trusted(const DriverRoot& root, const DriverPath& path,
                                          TrustedKind kind, FdCollection& opened,
                                          Decisions& findings) {
  auto file = root.locate(path, O_PATH);
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

void find_socket(const DriverRoot& root, std::string_view name, FdCollection& opened,
                 FoundFiles& found) {
  const auto file = locate_trusted(root, DriverPath(std::string(name)),
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
    if (name != kMpsPipes) {
      find_socket(root, name, opened, found);
    } else if (auto pipes = find_mps_pipes(root, mps_pipes, found.findings)) {
      found.sockets.push_back(*std::move(pipes));
    }
  }
  for (const std::string_view name : wanted.gated_files) {
    find_gated_file(root, name, opened, found);
  }
  return found;
}

}  // namespace nvinject
