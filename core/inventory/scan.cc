// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/scan.h"

#include <iterator>
#include <utility>

#include "core/inventory/capability_files.h"
#include "core/inventory/driver_files.h"
#include "core/inventory/driver_version.h"
#include "core/inventory/extra_nodes.h"
#include "core/inventory/gpus.h"
#include "core/inventory/libraries.h"
#include "core/inventory/lookup.h"
#include "core/inventory/nodes.h"
#include "core/os/driver_root.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxVersionBytes = std::size_t{64} * 1024;

// Empty without a loaded kernel module.
std::string read_kernel_module_version(const Roots& roots) {
  const auto text = read_record_file(roots.proc / "driver/nvidia/version", kMaxVersionBytes);
  return text ? parse_driver_version(*text).value_or(std::string()) : std::string();
}

}  // namespace

Result<Inventory> scan(const Roots& roots, const WantedFiles& wanted,
                       const DeviceNumbers& numbers) {
  auto root = DriverRoot::open(roots.driver);
  if (!root) return tl::unexpected(std::move(root).error().wrap("open the driver root"));
  Inventory inventory;
  inventory.driver_root = root->host();
  inventory.driver_version = read_kernel_module_version(roots);
  inventory.kernel_module_loaded = !inventory.driver_version.empty();
  if (!inventory.kernel_module_loaded) {
    inventory.findings.push_back({"kernel module", "missing",
                                  "no driver version in /proc/driver/nvidia/version: the kernel "
                                  "module nvidia is not loaded"});
  }

  const NodeFinder nodes(roots, numbers);
  inventory.gpus = scan_gpus(roots, nodes);
  inventory.control_nodes = scan_control_nodes(nodes);
  inventory.mig_capabilities =
      scan_mig_capabilities(roots, nodes, inventory.gpus,
                            wanted.mig_management ? ManagementFiles::kYes : ManagementFiles::kNo);
  if (wanted.imex_channels) inventory.imex_channels = scan_imex_channels(nodes);
  inventory.gated_nodes = scan_gated_nodes(nodes, wanted.gated_nodes);
  for (const Gpu& gpu : inventory.gpus) {
    if (!gpu.broken.empty()) {
      inventory.findings.push_back({"GPU " + std::to_string(gpu.index), "broken", gpu.broken});
    } else if (lacks_uuid(gpu)) {
      inventory.findings.push_back({"GPU " + std::to_string(gpu.index), kNotNamed,
                                    "the driver shows its UUID only after its first use"});
    }
  }

  FoundLibraries libraries = scan_libraries(roots, *root, wanted, inventory.driver_version);
  inventory.libraries = std::move(libraries.libraries);
  append(inventory.findings, std::move(libraries.findings));
  FoundFiles files = scan_driver_files(*root, wanted, roots.mps_pipes);
  inventory.programs = std::move(files.programs);
  inventory.sockets = std::move(files.sockets);
  inventory.gated_files = std::move(files.gated);
  append(inventory.findings, std::move(files.findings));
  inventory.cuda_version = find_cuda_version(inventory.driver_version);
  return inventory;
}

}  // namespace nvinject
