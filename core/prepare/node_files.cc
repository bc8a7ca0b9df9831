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
#include "core/inventory/capability_files.h"
#include "core/inventory/gpus.h"
#include "core/inventory/nodes.h"
#include "core/os/device_nodes.h"
#include "core/os/device_numbers.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxProcBytes = 1024UL * 1024UL;
constexpr mode_t kDirectoryMode = 0755;
constexpr const char* kCapabilityDirectory = "nvidia-caps";
constexpr const char* kImexDirectory = "nvidia-caps-imex-channels";

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

bool is_imex_node(std::string_view name) {
  constexpr std::string_view kPrefix = "channel";
  return name.starts_with(kPrefix) && parse_unsigned<unsigned>(name.substr(kPrefix.size()));
}

// Nodes that are there, by their names below /dev.
std::vector<std::string> list_existing_nodes(const HostPath& dev) {
  std::vector<std::string> names;
  for (std::string& name : read_directory(dev).value_or(std::vector<std::string>())) {
    if (is_driver_node(name)) names.push_back(std::move(name));
  }
  for (const std::string& name :
       read_directory(dev / kCapabilityDirectory).value_or(std::vector<std::string>())) {
    if (is_capability_node(name)) names.push_back(kCapabilityDirectory + ("/" + name));
  }
  for (const std::string& name :
       read_directory(dev / kImexDirectory).value_or(std::vector<std::string>())) {
    if (is_imex_node(name)) names.push_back(kImexDirectory + ("/" + name));
  }
  return names;
}

Result<UniqueFd> open_or_make_directory(const HostPath& path) {
  const bool made = ::mkdir(path.c_str(), kDirectoryMode) == 0;
  if (!made && errno != EEXIST) return fail_errno("create directory", path.string(), errno);
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd directory,
                            open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  // Whatever the mask that this process was started with.
  if (made && ::fchmod(directory.get(), kDirectoryMode) != 0) {
    return fail_errno("change mode of", path.string(), errno);
  }
  return directory;
}

// /dev, or the one directory in it where nodes are made.
Result<UniqueFd> open_parent(const HostPath& dev, std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return open_directory(dev);
  return open_or_make_directory(dev / name.substr(0, slash));
}

Result<void> make_node(const Roots& roots, const WantedNode& wanted) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd parent, open_parent(roots.dev, wanted.name));
  return make_character_device(parent.get(), wanted.name.substr(wanted.name.rfind('/') + 1),
                               wanted.node);
}

// Those of the MIG layout as it is: of others the driver shows no file.
void add_capability_nodes(const Roots& roots, const NodeFinder& finder,
                          const std::vector<Gpu>& gpus, std::vector<WantedNode>& wanted) {
  for (const MigCapability& capability :
       scan_mig_capabilities(roots, finder, gpus, ManagementFiles::kYes)) {
    std::string name = kCapabilityDirectory + ("/nvidia-cap" + std::to_string(capability.minor));
    auto node = finder.derive(name);
    if (!node) continue;
    if (capability.node) node->mode = capability.node->mode;
    wanted.push_back({.name = std::move(name), .node = *node});
  }
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
  const NodeFinder finder(roots, numbers);
  const std::vector<Gpu> gpus = scan_gpus(roots, finder);
  for (const Gpu& gpu : gpus) {
    if (gpu.minor) names.push_back("nvidia" + std::to_string(*gpu.minor));
  }
  std::vector<WantedNode> wanted;
  for (std::string& name : names) {
    const auto node = derive_device_node(name, majors, parameters);
    if (node) wanted.push_back({.name = std::move(name), .node = *node});
  }
  add_capability_nodes(roots, finder, gpus, wanted);
  return wanted;
}

std::vector<WantedNode> find_wanted_imex_nodes(const Roots& roots,
                                               const std::vector<unsigned>& channels) {
  const DeviceNumbers numbers;
  const NodeFinder finder(roots, numbers);
  std::vector<WantedNode> wanted;
  if (!finder.parameters().modify) return wanted;
  for (const unsigned channel : channels) {
    std::string name = kImexDirectory + ("/channel" + std::to_string(channel));
    const auto node = finder.derive(name);
    if (node && channel < finder.parameters().imex_channels) {
      wanted.push_back({.name = std::move(name), .node = *node});
    }
  }
  return wanted;
}

Result<void> make_missing_nodes(const Roots& roots, const std::vector<WantedNode>& wanted,
                                Decisions& done) {
  const DeviceNumbers numbers;
  Result<void> result;
  for (const WantedNode& one : wanted) {
    const auto& [name, node] = one;
    const auto found = numbers.of(roots.dev / name);
    if (found && found->number == node.number) continue;
    auto made = make_node(roots, one);
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
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd char_directory,
                            open_or_make_directory(roots.dev / "char"));
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
