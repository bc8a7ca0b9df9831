// SPDX-License-Identifier: Apache-2.0
#include "core/apply/driver_proc.h"

#include <fcntl.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "core/os/in_root.h"
#include "core/os/mount.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;
constexpr FileOwner kOwner = {.uid = 0, .gid = 0, .mode = 0444};
constexpr mode_t kProcDirectoryMode = 0555;
constexpr MountAttributes kAttributes = {
    .read_only = true, .no_suid = true, .no_devices = true, .no_execution = true};
constexpr unsigned kMaxProfileMinor = 63;  // the profile holds a mask of 64 bits

// Empty: the driver has no such file.
std::optional<std::string> read_below(int directory_fd, const std::string& path) {
  const auto fd = open_in_root(directory_fd, path, O_RDONLY | O_NONBLOCK, Links::kRefuse);
  if (!fd) return std::nullopt;
  const auto text = read_fd(fd->get(), path, kMaxFileBytes);
  if (!text) return std::nullopt;
  return *text;
}

Result<void> write_copy(int directory_fd, const std::string& name, std::string_view text) {
  return write_file_atomically(directory_fd, name, text, kOwner);
}

// The driver's spellings of "00000000:3b:00.0": 8 or 4 digits for the domain.
std::vector<std::string> spellings(const std::string& bus_id) {
  std::vector<std::string> all = {bus_id};
  if (bus_id.starts_with("0000")) all.push_back(bus_id.substr(4));
  for (std::size_t i = 0, count = all.size(); i < count; ++i) {
    std::string upper = all[i];
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (upper != all[i]) all.push_back(std::move(upper));
  }
  return all;
}

Result<void> copy_gpu(int host_fd, int gpus_fd, const std::string& bus_id) {
  for (const std::string& name : spellings(bus_id)) {
    const auto information = read_below(host_fd, "gpus/" + name + "/information");
    if (!information) continue;
    NVINJECT_ASSIGN_OR_RETURN(const UniqueFd directory,
                              make_directory_at(gpus_fd, name, kProcDirectoryMode));
    NVINJECT_RETURN_IF_ERROR(write_copy(directory.get(), "information", *information));
    const auto registry = read_below(host_fd, "gpus/" + name + "/registry");
    if (registry) return write_copy(directory.get(), "registry", *registry);
    return {};
  }
  return {};
}

Result<UniqueFd> open_or_make_directory(int parent_fd, const std::string& name) {
  auto made = make_directory_at(parent_fd, name, kProcDirectoryMode);
  if (made || made.error().os_errno != EEXIST) return made;
  return open_in_root(parent_fd, name, O_PATH | O_DIRECTORY, Links::kRefuse);
}

// Directories along "mig" and "gi7/ci0" are made as they are met.
Result<void> copy_capability(int host_fd, int mount_fd, const std::string& name) {
  const std::string path = "capabilities/" + name;
  const auto text = read_below(host_fd, path);
  // The device may be gone by now: then nobody can open it either.
  if (!text) return {};
  std::vector<std::string_view> parts = split(path, '/');
  const std::string file(parts.back());
  parts.pop_back();
  UniqueFd directory;
  for (const std::string_view part : parts) {
    const int parent = directory.valid() ? directory.get() : mount_fd;
    NVINJECT_ASSIGN_OR_RETURN(directory, open_or_make_directory(parent, std::string(part)));
  }
  return write_copy(directory.get(), file, *text);
}

}  // namespace

std::string without_device_file_changes(std::string_view params) {
  constexpr std::string_view kKey = "ModifyDeviceFiles:";
  std::string changed;
  for (std::string_view line : split(params, '\n')) {
    if (!changed.empty() || line.data() != params.data()) changed.push_back('\n');
    changed.append(line.starts_with(kKey) ? std::string(kKey) + " 0" : std::string(line));
  }
  return changed;
}

Result<UniqueFd> make_driver_proc(int host_directory_fd, const MaskDriverProc& step) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd mount, make_tmpfs(kProcDirectoryMode));
  for (const char* const name : {"version", "params", "registry"}) {
    auto text = read_below(host_directory_fd, name);
    if (!text) continue;
    if (std::string_view(name) == "params") text = without_device_file_changes(*text);
    NVINJECT_RETURN_IF_ERROR(write_copy(mount.get(), name, *text));
  }
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd gpus,
                            make_directory_at(mount.get(), "gpus", kProcDirectoryMode));
  for (const std::string& bus_id : step.bus_ids) {
    NVINJECT_RETURN_IF_ERROR(copy_gpu(host_directory_fd, gpus.get(), bus_id));
  }
  for (const std::string& name : step.capabilities) {
    NVINJECT_RETURN_IF_ERROR(copy_capability(host_directory_fd, mount.get(), name));
  }
  NVINJECT_RETURN_IF_ERROR(set_mount_attributes(mount.get(), kAttributes));
  return mount;
}

// The driver's own syntax, in which a mask is a bare hexadecimal number: JSON has none.
std::string print_egl_profile(const HideGpusFromEgl& step) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t mask = 0;
  for (const unsigned minor : step.visible_minors) {
    if (minor <= kMaxProfileMinor) mask |= std::uint64_t{1} << minor;
  }
  std::string hexadecimal;
  do {
    hexadecimal.insert(hexadecimal.begin(), kDigits[mask & 0xfU]);
    mask >>= 4U;
  } while (mask != 0);
  return R"({"profiles": [{"name": "_container_", "settings": ["EGLVisibleDGPUDevices", 0x)" +
         hexadecimal + R"(]}], "rules": [{"pattern": [], "profile": "_container_"}]})" + "\n";
}

Result<UniqueFd> make_egl_profiles(const HideGpusFromEgl& step) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd mount, make_tmpfs(kProcDirectoryMode));
  NVINJECT_RETURN_IF_ERROR(write_copy(mount.get(), "10-container.conf", print_egl_profile(step)));
  NVINJECT_RETURN_IF_ERROR(set_mount_attributes(mount.get(), kAttributes));
  return mount;
}

}  // namespace nvinject
