// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_list.h"

#include <algorithm>
#include <string_view>

#include "compat/cli/device_request.h"
#include "core/grant/select_gpus.h"
#include "core/plan/capability_table.h"

namespace nvinject::compat {
namespace {

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

Result<void> add_devices(const Inventory& inventory, const DeviceOptions& wanted,
                         Listing& listing) {
  NVINJECT_ASSIGN_OR_RETURN(const GpuRequest request, make_device_request(wanted));
  // All of none is nothing, and no error: whoever looks at a node without GPUs sees its files.
  const bool none = inventory.gpus.empty() && request.scope == DeviceScope::kAll;
  Selection selection;
  if (!none) {
    NVINJECT_ASSIGN_OR_RETURN(selection, select_gpus(request, inventory));
  }
  for (const ControlNode& control : inventory.control_nodes) listing.add("/dev/" + control.name);
  for (const Gpu* const gpu : selection.gpus) {
    if (gpu->minor) listing.add("/dev/nvidia" + std::to_string(*gpu->minor));
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

Result<std::string> print_list(const Inventory& inventory, const std::vector<DriverPath>& firmware,
                               const CommandLine& line) {
  const DeviceOptions& wanted = line.wanted;
  Listing listing(inventory);
  if (wanted.devices) NVINJECT_RETURN_IF_ERROR(add_devices(inventory, wanted, listing));
  for (const std::string& channel : wanted.imex_channels) {
    listing.add("/dev/nvidia-caps-imex-channels/channel" + channel);
  }
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
    for (const DriverPath& file : firmware) listing.add(file.string());
  }
  return listing.take_text();
}

}  // namespace nvinject::compat
