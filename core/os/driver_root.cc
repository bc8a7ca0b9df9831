// SPDX-License-Identifier: Apache-2.0
#include "core/os/driver_root.h"

#include <fcntl.h>

#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "core/os/in_root.h"

namespace nvinject {

Result<DriverRoot> DriverRoot::open(const HostPath& root) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_file(root, O_PATH | O_DIRECTORY));
  NVINJECT_ASSIGN_OR_RETURN(HostPath host, path_of_fd(fd.get(), root.string()));
  return DriverRoot(std::move(fd), std::move(host));
}

Result<UniqueFd> DriverRoot::open(const DriverPath& path, int flags) const {
  // The host's own root: the kernel resolves it as for any process, openat2 is not needed.
  if (host_.string() == "/") return open_file(HostPath(path.string()), flags);
  return open_in_root(fd_.get(), path.string(), flags);
}

Result<DriverRoot::Located> DriverRoot::locate(const DriverPath& path, int flags) const {
  Located found;
  NVINJECT_ASSIGN_OR_RETURN(found.fd, open(path, flags));
  NVINJECT_ASSIGN_OR_RETURN(found.host, path_of_fd(found.fd.get(), path.string()));
  const std::string& full = found.host.string();
  if (host_.string() == "/") {
    found.path = DriverPath(full);
  } else if (full.starts_with(host_.string() + "/")) {
    found.path = DriverPath(full.substr(host_.string().size()));
  } else {
    return fail(ErrorCode::kUnavailable, "locate " + quote(path.string()) + " below " +
                                             quote(host_.string()) + ": it is now at " +
                                             quote(full));
  }
  return found;
}

}  // namespace nvinject
