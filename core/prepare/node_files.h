// SPDX-License-Identifier: Apache-2.0
#pragma once

// The driver's nodes in /dev as they should be, and the links in /dev/char without which systemd
// and runc cannot translate a device number back into a path: a `systemctl daemon-reload` then
// takes the GPUs away from running containers. The driver's own tools make such links only in
// recent versions.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/device_number.h"
#include "core/base/result.h"
#include "core/inventory/roots.h"

namespace nvinject {

// The name of a number's link in /dev/char: "195:0".
[[nodiscard]] std::string device_link_name(const DeviceNumber& number);

struct WantedNode {
  std::string name;  // below /dev
  DeviceNodeFacts node;
  bool operator==(const WantedNode&) const = default;
};

// Of loaded modules, for every GPU and every right in MIG that the driver shows; empty where the
// driver's parameter ModifyDeviceFiles says that nodes are somebody else's.
[[nodiscard]] std::vector<WantedNode> scan_wanted_nodes(const Roots& roots);

// Of these IMEX channels, as far as the driver has them. It makes none by itself but, where it is
// told to, channel 0.
[[nodiscard]] std::vector<WantedNode> find_wanted_imex_nodes(const Roots& roots,
                                                             const std::vector<unsigned>& channels);

// What was done is added to `done`; a node that is right is left as it is, mode and owner included:
// these may be a udev rule's.
[[nodiscard]] Result<void> make_missing_nodes(const Roots& roots,
                                              const std::vector<WantedNode>& wanted,
                                              Decisions& done);

// For every node of the driver that exists, whoever made it.
[[nodiscard]] Result<void> make_missing_links(const Roots& roots, Decisions& done);

}  // namespace nvinject
