// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_list.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "compat/cli/device_request.h"
#include "core/grant/select_gpus.h"
#include "core/inventory/lookup.h"
#include "core/plan/capability_table.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kCapabilityDirectory = "/proc/driver/nvidia/capabilities/";

class Listing {
 public:
  explicit Listing(const Inventory& inventory)
      : prefix_(inventory.driver_root.string() == "/" ? "" : inventory.driver_root.string()) {}

  void add(std::string_view path) { text_.append(path).append("\n"); }
  void add(const HostPath& path) {
    std::string_view text = path.string();
    if (!prefix_.empty() && text.starts_with(prefix_ + "/")) text.remove_prefix(prefix_.size());
    add(text);
  }
  [[nodiscard]] std::string take_text() { return std::move(text_); }

 private:
  std::string prefix_;  // of the driver root, without a slash at its end
  std::string text_;
};

// All means each that works, and none where there is none: whoever looks at a node without GPUs
// sees its files.
Result<Selection> choose_devices(const GpuRequest& request, const Inventory& inventory) {
  const auto& gpus = inventory.gpus;
  const bool any_works =
      std::any_of(gpus.begin(), gpus.end(), [](const Gpu& gpu) { return gpu.broken.empty(); });
  if (request.scope == DeviceScope::kAll && !any_works) return Selection{};
  return select_gpus(request, inventory);
}

// Files first, then the nodes that they stand for.
void add_capabilities(const std::vector<std::string>& names, const Inventory& inventory,
                      Listing& listing) {
  std::string nodes;
  for (const std::string& name : names) {
    const MigCapability* const capability = find_mig_capability(inventory, name);
    if (capability == nullptr) continue;
    listing.add(std::string(kCapabilityDirectory) + name);
    nodes.append("\n/dev/nvidia-caps/nvidia-cap").append(std::to_string(capability->minor));
  }
  if (!nodes.empty()) listing.add(std::string_view(nodes).substr(1));
}

Result<void> add_devices(const Inventory& inventory, const DeviceOptions& wanted,
                         Listing& listing) {
  NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, make_device_request(wanted));
  NVINJECT_ASSIGN_OR_RETURN(const Selection selection, choose_devices(request, inventory));
  for (const ControlNode& control : inventory.control_nodes) listing.add("/dev/" + control.name);
  for (const Gpu* const gpu : selection.gpus) {
    if (gpu->minor) listing.add("/dev/nvidia" + std::to_string(*gpu->minor));
  }
  for (const SelectedMig& mig : selection.mig_devices) {
    add_capabilities(
        {gpu_instance_file(*mig.gpu, *mig.device), compute_instance_file(*mig.gpu, *mig.device)},
        inventory, listing);
  }
  return {};
}

Result<void> add_mig_management(const DeviceOptions& wanted, const Inventory& inventory,
                                Listing& listing) {
  for (const auto& [asked, name, category] :
       {std::tuple{wanted.mig_config, kMigConfig, "mig-config error"},
        std::tuple{wanted.mig_monitor, kMigMonitor, "mig-monitor error"}}) {
    if (!asked) continue;
    if (find_mig_capability(inventory, name) == nullptr) {
      return fail(ErrorCode::kNotFound, std::string(category) + ": the driver shows no " +
                                            std::string(kCapabilityDirectory).append(name));
    }
    add_capabilities({std::string(name)}, inventory, listing);
  }
  return {};
}

// Only files that are named after the driver's version: callers take it from there, and the others
// are not the driver's alone.
void add_libraries(const Inventory& inventory, ElfClass elf_class, Listing& listing) {
  for (const Library& library : inventory.libraries) {
    const LibraryRow* const row = find_library_row(library.name);
    if (library.elf_class != elf_class || row == nullptr || !row->own_soname.empty()) continue;
    listing.add(library.host_path);
  }
}

}  // namespace

Result<std::string> print_list(const Inventory& inventory, const ExtraFiles& extra,
                               const CommandLine& line) {
  const DeviceOptions& wanted = line.wanted;
  Listing listing(inventory);
  if (wanted.devices) NVINJECT_RETURN_IF_ERROR(add_devices(inventory, wanted, listing));
  for (const std::string& channel : wanted.imex_channels) {
    listing.add("/dev/nvidia-caps-imex-channels/channel" + channel);
  }
  NVINJECT_RETURN_IF_ERROR(add_mig_management(wanted, inventory, listing));
  if (line.list.binaries) {
    for (const DriverFile& program : inventory.programs) listing.add(program.host_path);
  }
  if (line.list.libraries) {
    add_libraries(inventory, ElfClass::k64, listing);
    if (wanted.compat32) add_libraries(inventory, ElfClass::k32, listing);
  }
  if (line.list.ipcs) {
    const std::vector<std::string> omitted = omitted_sockets(wanted);
    for (const DriverFile& socket : inventory.sockets) {
      if (std::find(omitted.begin(), omitted.end(), socket.name) == omitted.end()) {
        listing.add(socket.host_path);
      }
    }
  }
  if (line.list.firmwares && wanted.gsp_firmware) {
    for (const DriverPath& file : extra.firmware) listing.add(file.string());
  }
  return listing.take_text();
}

}  // namespace nvinject::compat
