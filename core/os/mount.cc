// SPDX-License-Identifier: Apache-2.0
#include "core/os/mount.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace nvinject {
namespace {

constexpr const char* kTmpfs = "tmpfs";

tl::unexpected<Error> fail_mount(std::string_view verb, std::string_view operand, int os_errno) {
  if (os_errno != ENOSYS) return fail_errno(verb, operand, os_errno);
  return fail(ErrorCode::kUnsupported,
              std::string(verb) + ": this kernel has no mounts by descriptor (Linux 5.12)");
}

Result<void> set_option(int context_fd, const char* key, const char* value) {
  if (::fsconfig(context_fd, FSCONFIG_SET_STRING, key, value, 0) == 0) return {};
  return fail_mount("set option of tmpfs", key, errno);
}

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) {
    digits.push_back(static_cast<char>('0' + ((mode >> static_cast<unsigned>(shift)) & 7U)));
  }
  return digits;
}

}  // namespace

Result<UniqueFd> clone_mount(const HostPath& source) {
  const int fd = ::open_tree(AT_FDCWD, source.c_str(),
                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
  if (fd < 0) return fail_mount("open mount source", source.string(), errno);
  return UniqueFd(fd);
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

Result<void> set_mount_attributes(int mount_fd, const MountAttributes& attributes) {
  struct mount_attr request{};
  request.propagation = MS_PRIVATE;
  if (attributes.read_only) request.attr_set |= std::uint64_t{MOUNT_ATTR_RDONLY};
  if (attributes.no_suid) request.attr_set |= std::uint64_t{MOUNT_ATTR_NOSUID};
  if (attributes.no_devices) request.attr_set |= std::uint64_t{MOUNT_ATTR_NODEV};
  if (attributes.no_execution) request.attr_set |= std::uint64_t{MOUNT_ATTR_NOEXEC};
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

void detach_mount(int mount_fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(mount_fd);
  ::umount2(path.c_str(), MNT_DETACH);
}

Result<void> make_mount_slave(int directory_fd) {
  struct mount_attr request{};
  request.propagation = MS_SLAVE;
  if (::mount_setattr(directory_fd, "", AT_EMPTY_PATH, &request, sizeof request) == 0) return {};
  return fail_mount("make a slave of", "mount", errno);
}

}  // namespace nvinject
