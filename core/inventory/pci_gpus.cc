// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/pci_gpus.h"

#include <algorithm>
#include <string_view>

#include "core/base/bus_id.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::string_view kNvidiaVendor = "0x10de";
constexpr std::string_view kDisplayClass = "0x03";  // PCI: VGA, 3D and other display controllers

std::vector<std::string> names_in(const HostPath& directory) {
  return read_directory(directory).value_or(std::vector<std::string>());
}

bool is_nvidia_display(const HostPath& device) {
  return read_attribute(device / "vendor") == kNvidiaVendor &&
         read_attribute(device / "class").starts_with(kDisplayClass);
}

}  // namespace

std::vector<std::string> scan_pci_gpus(const Roots& roots) {
  const HostPath pci = roots.sys / "bus/pci";
  std::vector<std::string> of_virtual_machines;
  for (const char* const driver : {"vfio-pci", "nvgrace-gpu-vfio-pci", "pci-stub", "pciback"}) {
    const auto names = names_in(pci / "drivers" / driver);
    of_virtual_machines.insert(of_virtual_machines.end(), names.begin(), names.end());
  }
  std::vector<std::string> gpus;
  for (const std::string& name : names_in(pci / "devices")) {
    if (std::find(of_virtual_machines.begin(), of_virtual_machines.end(), name) !=
            of_virtual_machines.end() ||
        !is_nvidia_display(pci / "devices" / name)) {
      continue;
    }
    gpus.push_back(normalise_bus_id(name).value_or(name));
  }
  std::sort(gpus.begin(), gpus.end());
  return gpus;
}

}  // namespace nvinject
