// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/prepare.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/inventory/nodes.h"
#include "core/inventory/pci_gpus.h"
#include "core/os/boot.h"
#include "core/os/file.h"
#include "core/os/state_directory.h"
#include "core/os/user_namespace.h"
#include "core/prepare/kernel_modules.h"
#include "core/prepare/node_files.h"

namespace nvinject {
namespace {

constexpr const char* kLockName = "prepare.lock";
constexpr const char* kMarkName = "prepared";
constexpr std::size_t kMaxMarkBytes = 256;
constexpr const char* kNvidia = "nvidia";
constexpr const char* kUvm = "nvidia-uvm";
constexpr const char* kModeset = "nvidia-modeset";

bool shows_driver(const Roots& roots) {
  return is_module_loaded(roots, kNvidia) ||
         open_file(roots.proc / "driver/nvidia/version", O_PATH).has_value();
}

// Only the first module is worth failing for: a machine may have been installed without the others.
Result<void> load_modules(const Roots& roots, const PrepareOptions& options,
                          PrepareReport& report) {
  // Loading them can only fail then.
  if (scan_pci_gpus(roots).empty()) {
    report.skipped.push_back(
        {"kernel modules", "skipped", "no NVIDIA display controller in sysfs"});
    return {};
  }
  for (const char* const module : {kNvidia, kUvm, kModeset}) {
    if (is_module_loaded(roots, module)) continue;
    auto loaded = load_module(roots, module, options.module_deadline);
    if (loaded) {
      report.done.push_back({std::string("module ") + module, "loaded", "by modprobe"});
    } else if (module == kNvidia) {
      return loaded;
    } else {
      report.skipped.push_back({std::string("module ") + module, "failed", loaded.error().message});
    }
  }
  return {};
}

Result<PrepareReport> prepare_locked(const Roots& roots, const PrepareOptions& options) {
  PrepareReport report;
  NVINJECT_RETURN_IF_ERROR(load_modules(roots, options, report));
  const auto nodes = make_missing_nodes(roots, scan_wanted_nodes(roots), report.done);
  const auto links = make_missing_links(roots, report.done);
  NVINJECT_RETURN_IF_ERROR(nodes);
  NVINJECT_RETURN_IF_ERROR(links);
  return report;
}

std::optional<PrepareReport> find_reason_to_skip(const Roots& roots) {
  if (!in_user_namespace(roots.proc)) return std::nullopt;
  PrepareReport report;
  report.skipped.push_back({"node", "skipped",
                            "in a user namespace nobody may load modules or make "
                            "device nodes"});
  return report;
}

// "<boot id> <seconds since boot>": when it was last tried. How long ago, or empty: not in this
// boot.
std::optional<std::chrono::seconds> find_last_try(int state_fd, const std::string& boot_id) {
  const auto mark = read_state_file(state_fd, kMarkName, kMaxMarkBytes);
  if (!mark) return std::nullopt;
  const auto words = split(trim(*mark), ' ');
  if (words.size() != 2 || words[0] != boot_id) return std::nullopt;
  const auto then = parse_unsigned<std::uint32_t>(words[1]);
  const std::chrono::seconds now = time_since_boot();
  if (!then || std::chrono::seconds(*then) > now) return std::nullopt;
  return now - std::chrono::seconds(*then);
}

Result<void> write_mark(int state_fd, const std::string& boot_id) {
  const std::string mark = boot_id + " " + std::to_string(time_since_boot().count()) + "\n";
  return write_file_atomically(state_fd, kMarkName, mark,
                               {.uid = ::geteuid(), .gid = ::getegid(), .mode = 0600});
}

std::optional<PrepareReport> find_recent_try(int state_fd, const std::string& boot_id,
                                             const PrepareOptions& options) {
  const auto age = find_last_try(state_fd, boot_id);
  if (!age || *age >= options.retry_interval) return std::nullopt;
  PrepareReport report;
  report.skipped.push_back(
      {"node", "skipped", "it was tried " + std::to_string(age->count()) + " s ago"});
  return report;
}

// The number that the host's node of this name has, if there is one. A scan has looked already,
// unless the driver's own /dev has another.
std::optional<DeviceNumber> number_on_host(const std::string& name,
                                           const std::optional<DeviceNodeFacts>& scanned,
                                           const Roots& roots, const DeviceNumbers& numbers) {
  if (scanned && scanned->on_host) return scanned->number;
  const auto node = numbers.of(roots.dev / name);
  return node ? std::optional(node->number) : std::nullopt;
}

struct NamedNode {
  std::string name;
  std::optional<DeviceNodeFacts> node;
};

std::vector<NamedNode> scanned_nodes(const Inventory& inventory) {
  std::vector<NamedNode> nodes;
  nodes.reserve(inventory.control_nodes.size() + inventory.gpus.size());
  for (const ControlNode& control : inventory.control_nodes) {
    nodes.push_back({control.name, control.node});
  }
  for (const Gpu& gpu : inventory.gpus) {
    if (gpu.minor) nodes.push_back({"nvidia" + std::to_string(*gpu.minor), gpu.node});
  }
  for (const MigCapability& capability : inventory.mig_capabilities) {
    // Without a driver that serves it there is nothing to make.
    if (!capability.node) continue;
    nodes.push_back({"nvidia-caps/nvidia-cap" + std::to_string(capability.minor), capability.node});
  }
  return nodes;
}

}  // namespace

Result<PrepareReport> prepare_node(const Roots& roots, const PrepareOptions& options) {
  if (auto skipped = find_reason_to_skip(roots)) return *std::move(skipped);
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd state, open_state_directory(roots.state));
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd lock,
                            open_lock(state.get(), kLockName, options.lock_deadline));
  return prepare_locked(roots, options);
}

bool needs_preparation(const Inventory& inventory, const Roots& roots,
                       const DeviceNumbers& numbers) {
  if (inventory.gpus.empty() && !shows_driver(roots)) return !scan_pci_gpus(roots).empty();
  const auto& controls = inventory.control_nodes;
  const bool has_uvm = std::any_of(controls.begin(), controls.end(),
                                   [](const ControlNode& control) { return control.name == kUvm; });
  if (!has_uvm && !is_module_loaded(roots, kUvm)) return !scan_pci_gpus(roots).empty();
  // Whatever they point at: make_missing_links looks closer.
  const auto links = read_directory(roots.dev / "char").value_or(std::vector<std::string>());
  bool node_missing = false;
  for (const NamedNode& one : scanned_nodes(inventory)) {
    const auto number = number_on_host(one.name, one.node, roots, numbers);
    if (number && !std::binary_search(links.begin(), links.end(), device_link_name(*number))) {
      return true;
    }
    if (!number) node_missing = true;
  }
  // Last, because it reads a file: nodes that are somebody else's are never ours to make.
  return node_missing && NodeFinder(roots, numbers).parameters().modify;
}

Result<PrepareReport> prepare_once(const Roots& roots, const PrepareOptions& options) {
  if (auto skipped = find_reason_to_skip(roots)) return *std::move(skipped);
  NVINJECT_ASSIGN_OR_RETURN(const std::string boot_id, read_boot_id(roots.proc));
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd state, open_state_directory(roots.state));
  if (auto recent = find_recent_try(state.get(), boot_id, options)) return *std::move(recent);
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd lock,
                            open_lock(state.get(), kLockName, options.lock_deadline));
  // Whoever held the lock before us may have done it.
  if (auto recent = find_recent_try(state.get(), boot_id, options)) return *std::move(recent);
  auto report = prepare_locked(roots, options);
  NVINJECT_RETURN_IF_ERROR(write_mark(state.get(), boot_id));
  return report;
}

Result<PrepareReport> prepare_imex_channels(const Roots& roots,
                                            const std::vector<unsigned>& channels,
                                            const PrepareOptions& options) {
  if (auto skipped = find_reason_to_skip(roots)) return *std::move(skipped);
  PrepareReport report;
  const std::vector<WantedNode> wanted = find_wanted_imex_nodes(roots, channels);
  if (wanted.empty()) return report;
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd state, open_state_directory(roots.state));
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd lock,
                            open_lock(state.get(), kLockName, options.lock_deadline));
  NVINJECT_RETURN_IF_ERROR(make_missing_nodes(roots, wanted, report.done));
  NVINJECT_RETURN_IF_ERROR(make_missing_links(roots, report.done));
  return report;
}

}  // namespace nvinject
