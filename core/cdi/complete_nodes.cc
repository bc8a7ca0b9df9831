// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/complete_nodes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include "core/base/path.h"
#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

std::string type_of(mode_t mode) {
  if (S_ISCHR(mode)) return "c";
  if (S_ISBLK(mode)) return "b";
  if (S_ISFIFO(mode)) return "p";
  return {};
}

bool is_complete(const CdiDeviceNode& node) {
  const bool has_number = node.major && node.minor;
  return !node.type.empty() && (has_number || node.type == "p");
}

// "u" is an unbuffered "c".
bool is_same_type(const std::string& said, const std::string& found) {
  return said.empty() || said == found || (said == "u" && found == "c");
}

Result<void> complete(CdiDeviceNode& node) {
  if (is_complete(node)) return {};
  const HostPath path(node.host_path.empty() ? node.path : node.host_path);
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_PATH | O_NOFOLLOW));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(fd.get(), path.string()));
  const std::string type = type_of(facts.st_mode);
  if (type.empty() || !is_same_type(node.type, type)) {
    return fail(ErrorCode::kUnavailable,
                "use " + quote(path.string()) + ": no device of the type that the CDI file says");
  }
  node.type = type;
  if (type != "p" && !(node.major && node.minor)) {
    node.major = major(facts.st_rdev);
    node.minor = minor(facts.st_rdev);
  }
  if (!node.file_mode) node.file_mode = facts.st_mode & 0777U;
  return {};
}

}  // namespace

Result<void> complete_nodes(std::vector<CdiDeviceNode>& nodes) {
  for (CdiDeviceNode& node : nodes) NVINJECT_RETURN_IF_ERROR(complete(node));
  return {};
}

}  // namespace nvinject
