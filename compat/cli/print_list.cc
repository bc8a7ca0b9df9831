// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_list.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "compat/cli/device_request.h"
#include "core/grant/select_gpus.h"
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

// All means each that works, in MIG mode too, and none where there is none: whoever looks at a node
// without GPUs sees its files.
Result<std::vector<const Gpu*>> choose_gpus(const GpuRequest& request, const Inventory& inventory) {
  std::vector<const Gpu*> all;
  if (request.scope != DeviceScope::kAll) {
    NVINJECT_ASSIGN_OR_RETURN(Selection selection, select_gpus(request, inventory));
    return std::move(selection.gpus);
  }
  for (const Gpu& gpu : inventory.gpus) {
    if (gpu.broken.empty()) all.push_back(&gpu);
  }
  return all;
}

// Files first, then the nodes that they stand for.
void add_capabilities(const std::vector<std::string>& names, const CapabilityFiles& files,
                      Listing& listing) {
  std::string nodes;
  for (const std::string& name : names) {
    const auto file = files.find(name);
    if (file == files.end()) continue;
    listing.add(std::string(kCapabilityDirectory) + name);
    nodes.append("\n/dev/nvidia-caps/nvidia-cap").append(std::to_string(file->second));
  }
  if (!nodes.empty()) listing.add(std::string_view(nodes).substr(1));
}

Result<void> add_devices(const Inventory& inventory, const ExtraFiles& extra,
                         const DeviceOptions& wanted, Listing& listing) {
  NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, make_device_request(wanted));
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<const Gpu*> gpus, choose_gpus(request, inventory));
  for (const ControlNode& control : inventory.control_nodes) listing.add("/dev/" + control.name);
  for (const Gpu* const gpu : gpus) {
    if (gpu->minor) listing.add("/dev/nvidia" + std::to_string(*gpu->minor));
  }
  for (const Gpu* const gpu : gpus) {
    for (const MigDevice& device : gpu->mig_devices) {
      add_capabilities({gpu_instance_file(*gpu, device), compute_instance_file(*gpu, device)},
                       extra.capabilities, listing);
    }
  }
  return {};
}

Result<void> add_mig_management(const DeviceOptions& wanted, const CapabilityFiles& files,
                                Listing& listing) {
  for (const auto& [asked, name, category] :
       {std::tuple{wanted.mig_config, kMigConfig, "mig-config error"},
        std::tuple{wanted.mig_monitor, kMigMonitor, "mig-monitor error"}}) {
    if (!asked) continue;
    if (!files.contains(name)) {
      return fail(ErrorCode::kNotFound, std::string(category) + ": the driver shows no " +
                                            std::string(kCapabilityDirectory).append(name));
    }
    add_capabilities({std::string(name)}, files, listing);
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
  if (wanted.devices) NVINJECT_RETURN_IF_ERROR(add_devices(inventory, extra, wanted, listing));
  for (const std::string& channel : wanted.imex_channels) {
    listing.add("/dev/nvidia-caps-imex-channels/channel" + channel);
  }
  NVINJECT_RETURN_IF_ERROR(add_mig_management(wanted, extra.capabilities, listing));
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
