// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/mps_pipes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/inventory/wanted_files.h"
#include "core/os/mount_table.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

constexpr std::size_t kShownBytes = 128;  // of a value that is refused

// Without what names no directory of its own: behind a slash or "." a link is followed, whatever
// the flags.
Result<DriverPath> plain_path(std::string_view place) {
  const auto refuse = [](const char* why) { return fail(ErrorCode::kInvalidRequest, why); };
  if (!place.starts_with('/')) return refuse("it is not absolute");
  if (place.size() >= PATH_MAX) return refuse("it is longer than any path");
  if (!is_utf8(place) || without_control_characters(place) != place) {
    return refuse("it is not plain text");
  }
  DriverPath path("/");
  for (const std::string_view name : split(place, '/')) {
    if (name == "..") return refuse("it contains '..'");
    if (!name.empty() && name != ".") path = path / name;
  }
  return path;
}

// Nobody but root can make the name of it lead elsewhere: a link must be root's, and in a directory
// that others may write to they must not be able to replace what is not theirs.
Result<void> check_component(const DriverRoot& root, const DriverPath& path, bool is_last) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, root.open(path, O_PATH | O_NOFOLLOW));
  NVINJECT_ASSIGN_OR_RETURN(const FileFacts facts, file_facts(fd.get(), path.string()));
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kUnavailable, quote(path.string()) + " " + why);
  };
  if (!is_trusted_owner(facts.uid)) {
    return refuse("belongs to user " + std::to_string(facts.uid) + " instead of root");
  }
  if (S_ISLNK(facts.mode)) return {};
  if (!S_ISDIR(facts.mode)) return refuse("is no directory");
  if (!is_last && (facts.mode & S_IWOTH) != 0 && (facts.mode & S_ISVTX) == 0) {
    return refuse("is writable by others");
  }
  return {};
}

Result<void> check_way(const DriverRoot& root, const DriverPath& path) {
  DriverPath above("/");
  for (const std::string& name : split_words(path.string(), "/")) {
    above = above / name;
    NVINJECT_RETURN_IF_ERROR(check_component(root, above, above == path));
  }
  return {};
}

// By the name that was said, and by the one without links: that is what is mounted, later.
Result<DriverFile> locate_pipes(const DriverRoot& root, const std::string& place) {
  NVINJECT_ASSIGN_OR_RETURN(const DriverPath path, plain_path(place));
  // Mostly there is none.
  NVINJECT_RETURN_IF_ERROR(root.open(path, O_PATH));
  NVINJECT_RETURN_IF_ERROR(check_way(root, path));
  NVINJECT_ASSIGN_OR_RETURN(const DriverRoot::Located found, root.locate(path, O_PATH));
  if (found.path.string() == "/") {
    return fail(ErrorCode::kInvalidRequest, "it is the root directory");
  }
  if (found.path != path) NVINJECT_RETURN_IF_ERROR(check_way(root, found.path));
  NVINJECT_ASSIGN_OR_RETURN(const FileIdentity identity,
                            identify_trusted(found.fd.get(), place, TrustedKind::kSharedDirectory));
  return DriverFile{.name = std::string(kMpsPipes),
                    .host_path = found.host,
                    .path = found.path,
                    .identity = identity};
}

}  // namespace

std::optional<DriverFile> find_mps_pipes(const DriverRoot& root, const std::string& place,
                                         Decisions& findings) {
  auto pipes = locate_pipes(root, place.empty() ? std::string(kMpsPipes) : place);
  if (pipes) return *std::move(pipes);
  const Error& error = pipes.error();
  if (error.os_errno == ENOENT || error.os_errno == ENOTDIR) return std::nullopt;
  findings.push_back(
      {"CUDA_MPS_PIPE_DIRECTORY", "skipped",
       quote(place.empty() ? kMpsPipes : place.substr(0, kShownBytes)) + ": " + error.message});
  return std::nullopt;
}

}  // namespace nvinject
