// SPDX-License-Identifier: Apache-2.0
#include "core/os/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr const char* kTmpfs = "tmpfs";
constexpr unsigned kCloneFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
// The C library has no name for it yet; the number is the same for every architecture.
constexpr long kOpenTreeAttr = 467;

tl::unexpected<Error> fail_mount(std::string_view verb, std::string_view operand, int os_errno) {
  if (os_errno != ENOSYS) return fail_errno(verb, operand, os_errno);
  return fail(ErrorCode::kUnsupported,
              std::string(verb) + ": this kernel has no mounts by descriptor (Linux 5.12)");
}

Result<void> set_option(int context_fd, const char* key, const char* value) {
  if (::fsconfig(context_fd, FSCONFIG_SET_STRING, key, value, 0) == 0) return {};
  return fail_mount("set option of tmpfs", key, errno);
}

std::string node_name(const DeviceNumber& number) {
  return std::to_string(number.major) + ":" + std::to_string(number.minor);
}

mount_attr make_request(const MountAttributes& attributes) {
  mount_attr request{};
  request.propagation = MS_PRIVATE;
  if (attributes.read_only) request.attr_set |= std::uint64_t{MOUNT_ATTR_RDONLY};
  if (attributes.no_suid) request.attr_set |= std::uint64_t{MOUNT_ATTR_NOSUID};
  if (attributes.no_devices) request.attr_set |= std::uint64_t{MOUNT_ATTR_NODEV};
  if (attributes.no_execution) request.attr_set |= std::uint64_t{MOUNT_ATTR_NOEXEC};
  return request;
}

Result<void> set_propagation(int directory_fd, std::uint64_t propagation) {
  mount_attr request{};
  request.propagation = propagation;
  if (::mount_setattr(directory_fd, "", AT_EMPTY_PATH, &request, sizeof request) == 0) return {};
  return fail_mount("set propagation of", "mount", errno);
}

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) {
    digits.push_back(static_cast<char>('0' + ((mode >> static_cast<unsigned>(shift)) & 7U)));
  }
  return digits;
}

}  // namespace

Result<UniqueFd> MountCloner::clone(const HostPath& source, const MountAttributes& attributes) {
  if (in_one_call_) {
    const mount_attr request = make_request(attributes);
    const long fd =
        ::syscall(kOpenTreeAttr, AT_FDCWD, source.c_str(), kCloneFlags, &request, sizeof request);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    // EPERM: also what some system call filters say of a call that they do not know.
    if (errno != ENOSYS && errno != EPERM) {
      return fail_mount("open mount source", source.string(), errno);
    }
    in_one_call_ = false;
  }
  UniqueFd fd(::open_tree(AT_FDCWD, source.c_str(), kCloneFlags));
  if (!fd.valid()) return fail_mount("open mount source", source.string(), errno);
  NVINJECT_RETURN_IF_ERROR(set_mount_attributes(fd.get(), attributes));
  return fd;
}

Result<UniqueFd> make_tmpfs(mode_t mode) {
  const UniqueFd context(::fsopen(kTmpfs, FSOPEN_CLOEXEC));
  if (!context.valid()) return fail_mount("make", kTmpfs, errno);
  NVINJECT_RETURN_IF_ERROR(set_option(context.get(), "mode", octal(mode).c_str()));
  NVINJECT_RETURN_IF_ERROR(set_option(context.get(), "size", "1m"));
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return fail_mount("make", kTmpfs, errno);
  }
  UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount.valid()) return fail_mount("make", kTmpfs, errno);
  return mount;
}

// The clone keeps the file system after its mount is gone. Before about Linux 6.15 nothing can be
// cloned out of a mount that was never attached.
Result<UniqueFd> make_device_mount(const DeviceNodeFacts& node) {
  constexpr const char* kNode = "node";
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd mount, make_tmpfs(0700));
  const dev_t number = makedev(node.number.major, node.number.minor);
  if (::mknodat(mount.get(), kNode, S_IFCHR | (node.mode & 0777), number) != 0 ||
      ::fchmodat(mount.get(), kNode, node.mode & 0777, 0) != 0 ||
      ::fchownat(mount.get(), kNode, node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_mount("make device node", node_name(node.number), errno);
  }
  const int fd =
      ::open_tree(mount.get(), kNode, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
  if (fd >= 0) return UniqueFd(fd);
  if (errno != EINVAL) return fail_mount("make device node", node_name(node.number), errno);
  return fail(ErrorCode::kUnsupported, "make device node " + quote(node_name(node.number)) +
                                           ": the host's /dev does not have it, and this kernel "
                                           "mounts none from elsewhere");
}

Result<void> set_mount_attributes(int mount_fd, const MountAttributes& attributes) {
  mount_attr request = make_request(attributes);
  if (::mount_setattr(mount_fd, "", AT_EMPTY_PATH, &request, sizeof request) == 0) return {};
  return fail_mount("set mount attributes", "", errno);
}

Result<void> attach_mount(int mount_fd, int target_fd) {
  if (::move_mount(mount_fd, "", target_fd, "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) {
    return {};
  }
  return fail_mount("attach", "mount", errno);
}

Result<Detacher> Detacher::open() {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd,
                            open_file(HostPath("/proc/self/fd"), O_PATH | O_DIRECTORY));
  return Detacher(-1, std::move(fd));
}

void Detacher::detach(int mount_fd) {
  if (!descriptors_.valid()) {
    descriptors_.reset(::openat(host_root_fd_, "proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  if (::fchdir(descriptors_.get()) != 0) return;
  ::umount2(std::to_string(mount_fd).c_str(), MNT_DETACH);
}

Result<Propagation> Propagation::of(int directory_fd) {
  UniqueFd peer(::open_tree(directory_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  if (!peer.valid()) return fail_mount("remember propagation of", "mount", errno);
  return Propagation(std::move(peer));
}

// A group can only be given to a mount that has none.
Result<void> Propagation::restore(int directory_fd) const {
  NVINJECT_RETURN_IF_ERROR(set_propagation(directory_fd, MS_PRIVATE));
  if (::move_mount(peer_.get(), "", directory_fd, "",
                   MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) {
    return {};
  }
  if (errno != EINVAL) return fail_mount("restore propagation of", "mount", errno);
  return fail(ErrorCode::kUnsupported,
              "restore propagation of a mount: this kernel cannot (Linux 5.15)");
}

Result<void> make_mount_slave(int directory_fd) { return set_propagation(directory_fd, MS_SLAVE); }

}  // namespace nvinject
