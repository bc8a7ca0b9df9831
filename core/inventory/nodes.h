// SPDX-License-Identifier: Apache-2.0
#pragma once

// Device nodes of the driver: what is in /dev, else what it would be.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/device_number.h"
#include "core/base/path.h"
#include "core/inventory/device_majors.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/os/device_numbers.h"

namespace nvinject {

class NodeFinder {
 public:
  // Reads /proc/devices and the driver's parameters once. `numbers` outlives the finder.
  NodeFinder(const Roots& roots, const DeviceNumbers& numbers);

  // The node `name` ("nvidia0") from lstat(2) below the driver root's /dev, then the host's; else
  // derived.
  [[nodiscard]] std::optional<DeviceNodeFacts> find(const std::string& name) const;
  // Only what exists.
  [[nodiscard]] std::optional<DeviceNodeFacts> find_existing(const std::string& name) const;

  // Names in the directory `below` of /dev ("infiniband", ""), the driver root's and the host's,
  // sorted.
  [[nodiscard]] std::vector<std::string> names_in(const std::string& below) const;
  // What `name` would be if it had to be made.
  [[nodiscard]] std::optional<DeviceNodeFacts> derive(std::string_view name) const;

  [[nodiscard]] const DeviceFileParameters& parameters() const { return parameters_; }

 private:
  const DeviceNumbers& numbers_;
  std::vector<HostPath> dev_directories_;  // the host's last
  DeviceMajors majors_;
  DeviceFileParameters parameters_;
};

[[nodiscard]] std::vector<ControlNode> scan_control_nodes(const NodeFinder& nodes);

}  // namespace nvinject
