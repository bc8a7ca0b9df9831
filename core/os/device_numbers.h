// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a device node is, from lstat(2). One of the two seams for fakes in the tree: device nodes
// cannot be put into git, nor be made without root.

#include <optional>

#include "core/base/device_number.h"
#include "core/base/path.h"

namespace nvinject {

class DeviceNumbers {
 public:
  DeviceNumbers() = default;
  DeviceNumbers(const DeviceNumbers&) = delete;
  DeviceNumbers& operator=(const DeviceNumbers&) = delete;
  virtual ~DeviceNumbers() = default;
  // Empty when there is no character device at `path` (a link to one does not count).
  [[nodiscard]] virtual std::optional<DeviceNodeFacts> of(const HostPath& path) const;
};

}  // namespace nvinject
