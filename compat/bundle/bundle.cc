// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/bundle.h"

#include <fcntl.h>

#include <optional>
#include <utility>

namespace nvinject::compat {
namespace {

// A spec of a real container has 10 to 200 KiB.
constexpr std::size_t kMaxSpecBytes = 32U << 20U;

}  // namespace

Result<Bundle> Bundle::open(const std::string& directory, const std::string& config_file) {
  Bundle bundle;
  bundle.directory_ = HostPath(directory.empty() ? "." : directory);
  bundle.config_path_ =
      config_file.empty() ? bundle.directory_ / "config.json" : HostPath(config_file);
  const std::string& name = bundle.config_path_.string();
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd,
                            open_file(bundle.config_path_, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd.get(), name));
  NVINJECT_ASSIGN_OR_RETURN(bundle.config_text_, read_fd(fd.get(), name, kMaxSpecBytes, facts));
  bundle.owner_ = {.uid = facts.st_uid, .gid = facts.st_gid, .mode = facts.st_mode & 07777};
  return bundle;
}

Result<HostPath> Bundle::root_path(const Json& spec) const {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const root, find_object(spec, "root", ""));
  std::optional<std::string> path;
  if (root != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(path, find_string(*root, "path", "root"));
  }
  if (!path || path->empty()) {
    return fail(ErrorCode::kInvalidRequest, "read 'root.path': the spec has none");
  }
  return path->front() == '/' ? HostPath(*path) : directory_ / *path;
}

Result<void> Bundle::replace_config(std::string_view text) const {
  const HostPath parent = config_path_.parent();
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd directory,
                            open_directory(parent.empty() ? HostPath(".") : parent));
  return write_file_atomically(directory.get(), std::string(config_path_.file_name()), text,
                               owner_);
}

}  // namespace nvinject::compat
