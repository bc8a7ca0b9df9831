// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_nodes.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace nvinject {
namespace {

// A random part keeps the leftover of a killed process out of the way.
Result<std::string> make_temporary_name(const std::string& name) {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) {
    return fail_errno("draw a random name for", name, errno);
  }
  return "." + name + ".nvinject." + std::to_string(random);
}

// Gives the finished entry its name, or removes it.
Result<void> publish(int directory_fd, const std::string& temporary, const std::string& name,
                     Result<void> made) {
  if (made && ::renameat(directory_fd, temporary.c_str(), directory_fd, name.c_str()) != 0) {
    made = fail_errno("replace", name, errno);
  }
  if (!made) ::unlinkat(directory_fd, temporary.c_str(), 0);
  return made;
}

// The owner is set before the mode: until then the node has none, and nobody but root can open it.
Result<void> set_access(int directory_fd, const std::string& temporary, const std::string& name,
                        const DeviceNodeFacts& node) {
  if (::fchownat(directory_fd, temporary.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno("change owner of", name, errno);
  }
  if (::fchmodat(directory_fd, temporary.c_str(), node.mode & 0777, 0) != 0) {
    return fail_errno("change mode of", name, errno);
  }
  return {};
}

}  // namespace

Result<void> make_character_device(int directory_fd, const std::string& name,
                                   const DeviceNodeFacts& node) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string temporary, make_temporary_name(name));
  if (::mknodat(directory_fd, temporary.c_str(), S_IFCHR,
                makedev(node.number.major, node.number.minor)) != 0) {
    return fail_errno("create device", name, errno);
  }
  return publish(directory_fd, temporary, name, set_access(directory_fd, temporary, name, node));
}

Result<void> make_symbolic_link(int directory_fd, const std::string& name,
                                const std::string& target) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string temporary, make_temporary_name(name));
  if (::symlinkat(target.c_str(), directory_fd, temporary.c_str()) != 0) {
    return fail_errno("link", name, errno);
  }
  return publish(directory_fd, temporary, name, {});
}

}  // namespace nvinject
