// SPDX-License-Identifier: Apache-2.0
#pragma once

// NVIDIA's GPUs as sysfs shows them on the PCI bus, whatever driver they have. Those that a driver
// for virtual machines holds (vfio-pci, pci-stub, …) are theirs, and not counted.

#include <string>
#include <vector>

#include "core/inventory/roots.h"

namespace nvinject {

// Their bus ids: "00000000:10:00.0". Empty too where there is no sysfs.
[[nodiscard]] std::vector<std::string> scan_pci_gpus(const Roots& roots);

}  // namespace nvinject
