// SPDX-License-Identifier: Apache-2.0
#include "core/os/container_root.h"

#include <fcntl.h>

#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {

Result<ContainerRoot> ContainerRoot::open(const HostPath& root) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_file(root, O_PATH | O_DIRECTORY));
  return from_fd(std::move(fd), root.string());
}

Result<ContainerRoot> ContainerRoot::from_fd(UniqueFd fd, std::string_view name) {
  NVINJECT_ASSIGN_OR_RETURN(HostPath resolved, path_of_fd(fd.get(), name));
  return ContainerRoot(std::move(fd), std::move(resolved));
}

Result<UniqueFd> ContainerRoot::open_in_root(const ContainerPath& path, int flags, Links links,
                                             Mounts mounts) const {
  return nvinject::open_in_root(fd_.get(), path.string(), flags, links, mounts);
}

Result<UniqueFd> ContainerRoot::open_regular_in_root(const ContainerPath& path, Links links,
                                                     Mounts mounts) const {
  return nvinject::open_regular_in_root(fd_.get(), path.string(), links, mounts);
}

bool ContainerRoot::has_regular_in_root(const ContainerPath& path, Links links,
                                        Mounts mounts) const {
  return nvinject::has_regular_in_root(fd_.get(), path.string(), links, mounts);
}

Result<std::string> ContainerRoot::read_in_root(const ContainerPath& path,
                                                std::size_t max_bytes) const {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_regular_in_root(path));
  return read_fd(fd.get(), path.string(), max_bytes);
}

Result<ContainerPath> ContainerRoot::resolve_in_root(const ContainerPath& path) const {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_in_root(path, O_PATH));
  return path_of_opened(fd.get(), path);
}

Result<ContainerPath> ContainerRoot::path_of_opened(int fd, const ContainerPath& path) const {
  NVINJECT_ASSIGN_OR_RETURN(const HostPath resolved, path_of_fd(fd, path.string()));
  const std::string& root = resolved_.string();
  const std::string& full = resolved.string();
  if (root == "/") return ContainerPath(full);
  if (full == root) return ContainerPath("/");
  // A file renamed out of the root between open and here: the answer would be a host path.
  if (!full.starts_with(root) || full[root.size()] != '/') {
    return fail(ErrorCode::kInvalidRequest,
                "resolve " + quote(path.string()) + " in the container root: it moved outside");
  }
  return ContainerPath(full.substr(root.size()));
}

}  // namespace nvinject
