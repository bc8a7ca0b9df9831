// SPDX-License-Identifier: Apache-2.0
#pragma once

// One element of a device list: the ways to name a GPU or a MIG device.

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

enum class DeviceIdKind {
  kIndex,     // "0": GPU number in PCI order
  kUuid,      // "GPU-…", whole or a prefix that the inventory finds unique
  kMigIndex,  // "0:1": MIG device 1 of GPU 0
  kMigUuid,   // "MIG-…", also "MIG-GPU-…/gi/ci"
  kPciBusId,  // "0000:10:00.0", "00000000:10:00.0"
  kCdiName,   // "vendor/class=device"
};

struct DeviceId {
  DeviceIdKind kind = DeviceIdKind::kIndex;
  std::string text;  // as asked, trimmed
  unsigned gpu = 0;  // kIndex and kMigIndex
  unsigned mig = 0;  // kMigIndex
  bool operator==(const DeviceId&) const = default;
};

// kInvalidRequest when the text has none of the forms of DeviceIdKind. UUIDs and bus ids may be in
// either case.
[[nodiscard]] Result<DeviceId> parse_device_id(std::string_view text);

// Two ways to write the same: numbers count as numbers, the case of UUIDs and bus ids does not
// count.
[[nodiscard]] bool same_device(const DeviceId& a, const DeviceId& b);

}  // namespace nvinject
