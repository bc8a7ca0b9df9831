// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/node_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/inventory/gpus.h"
#include "core/inventory/nodes.h"
#include "core/os/device_nodes.h"
#include "core/os/device_numbers.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxProcBytes = 1024UL * 1024UL;
constexpr mode_t kCharDirectoryMode = 0755;

std::string read_or_empty(const HostPath& path) {
  return read_file(path, kMaxProcBytes).value_or(std::string());
}

// "nvidia0", "nvidiactl", "nvidia-uvm": not "nvidia-fs0" and other drivers' nodes of a like name.
bool is_driver_node(std::string_view name) {
  for (const char* const control :
       {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"}) {
    if (name == control) return true;
  }
  constexpr std::string_view kPrefix = "nvidia";
  return name.starts_with(kPrefix) && parse_unsigned<unsigned>(name.substr(kPrefix.size()));
}

bool is_capability_node(std::string_view name) {
  constexpr std::string_view kPrefix = "nvidia-cap";
  return name.starts_with(kPrefix) && parse_unsigned<unsigned>(name.substr(kPrefix.size()));
}

// Nodes that are there, by their names below /dev.
std::vector<std::string> list_existing_nodes(const HostPath& dev) {
  std::vector<std::string> names;
  for (std::string& name : read_directory(dev).value_or(std::vector<std::string>())) {
    if (is_driver_node(name)) names.push_back(std::move(name));
  }
  for (const std::string& name :
       read_directory(dev / "nvidia-caps").value_or(std::vector<std::string>())) {
    if (is_capability_node(name)) names.push_back("nvidia-caps/" + name);
  }
  return names;
}

// A link of another spelling counts when it leads to the same device: NVIDIA's tools write absolute
// ones.
bool is_right_link(int char_fd, const std::string& link, const std::string& target,
                   const DeviceNumber& number) {
  std::array<char, PATH_MAX> found{};
  const ssize_t length = ::readlinkat(char_fd, link.c_str(), found.data(), found.size());
  if (length < 0) return false;
  if (std::string_view(found.data(), static_cast<std::size_t>(length)) == target) return true;
  struct stat facts{};
  return ::fstatat(char_fd, link.c_str(), &facts, 0) == 0 && S_ISCHR(facts.st_mode) &&
         DeviceNumber{.major = major(facts.st_rdev), .minor = minor(facts.st_rdev)} == number;
}

Result<UniqueFd> open_char_directory(const HostPath& dev) {
  const HostPath path = dev / "char";
  if (::mkdir(path.c_str(), kCharDirectoryMode) != 0 && errno != EEXIST) {
    return fail_errno("create directory", path.string(), errno);
  }
  return open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

}  // namespace

std::string device_link_name(const DeviceNumber& number) {
  return std::to_string(number.major) + ":" + std::to_string(number.minor);
}

std::vector<WantedNode> scan_wanted_nodes(const Roots& roots) {
  const DeviceFileParameters parameters =
      parse_driver_parameters(read_or_empty(roots.proc / "driver/nvidia/params"));
  if (!parameters.modify) return {};
  const DeviceMajors majors = parse_device_majors(read_or_empty(roots.proc / "devices"));
  std::vector<std::string> names{"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"};
  const DeviceNumbers numbers;
  for (const Gpu& gpu : scan_gpus(roots, NodeFinder(roots, numbers))) {
    if (gpu.minor) names.push_back("nvidia" + std::to_string(*gpu.minor));
  }
  std::vector<WantedNode> wanted;
  for (std::string& name : names) {
    const auto node = derive_device_node(name, majors, parameters);
    if (node) wanted.push_back({.name = std::move(name), .node = *node});
  }
  return wanted;
}

Result<void> make_missing_nodes(const Roots& roots, const std::vector<WantedNode>& wanted,
                                Decisions& done) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd dev, open_directory(roots.dev));
  const DeviceNumbers numbers;
  Result<void> result;
  for (const auto& [name, node] : wanted) {
    const auto found = numbers.of(roots.dev / name);
    if (found && found->number == node.number) continue;
    auto made = make_character_device(dev.get(), name, node);
    if (made) {
      done.push_back(
          {(roots.dev / name).string(), found ? "replaced" : "created",
           "device " + device_link_name(node.number) +
               (found ? " instead of " + device_link_name(found->number) : std::string())});
    } else if (result) {
      result = std::move(made);
    }
  }
  return result;
}

Result<void> make_missing_links(const Roots& roots, Decisions& done) {
  const std::vector<std::string> names = list_existing_nodes(roots.dev);
  if (names.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd char_directory, open_char_directory(roots.dev));
  const DeviceNumbers numbers;
  Result<void> result;
  for (const std::string& name : names) {
    const auto node = numbers.of(roots.dev / name);
    if (!node) continue;
    const std::string link = device_link_name(node->number);
    const std::string target = "../" + name;
    if (is_right_link(char_directory.get(), link, target, node->number)) continue;
    auto made = make_symbolic_link(char_directory.get(), link, target);
    if (made) {
      done.push_back({(roots.dev / "char" / link).string(), "linked", "to " + target});
    } else if (result) {
      result = std::move(made);
    }
  }
  return result;
}

}  // namespace nvinject
