// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files below /proc/driver/nvidia/capabilities: each stands for one right in MIG, and says which
// node of /dev/nvidia-caps grants it.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/inventory/inventory.h"
#include "core/inventory/nodes.h"
#include "core/inventory/roots.h"

namespace nvinject {

// "DeviceFileMinor: 7" and "DeviceFileMode: 292" among other lines.
struct CapabilityFile {
  unsigned minor = 0;
  std::optional<mode_t> mode;
  bool operator==(const CapabilityFile&) const = default;
};
[[nodiscard]] std::optional<CapabilityFile> parse_capability_file(std::string_view text);

enum class ManagementFiles { kNo, kYes };

// Those of each MIG device and, with `management`, those that reconfigure and watch MIG, by name.
// What the driver does not show is left out.
[[nodiscard]] std::vector<MigCapability> scan_mig_capabilities(const Roots& roots,
                                                               const NodeFinder& nodes,
                                                               const std::vector<Gpu>& gpus,
                                                               ManagementFiles management);

}  // namespace nvinject
