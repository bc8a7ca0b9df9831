// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the plugin leaves on a node that it is taken away from for good. All of it is inert: facts
// about GPUs, a lock, sockets of instances that were killed.

#include <chrono>
#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/config/config.h"

namespace nvinject::nri {

// In the state directory: held by the one instance that serves the node.
inline const std::string kPluginLock = "nri-plugin.lock";

// Removes it and returns what it has removed. The lock stays, an empty file: whoever waits for it
// and whoever comes later must mean the same one. kUnavailable: an instance still serves the node
// after `patience`, and nothing has been touched.
[[nodiscard]] Result<std::vector<HostPath>> clean_up(const Config& config,
                                                     std::chrono::milliseconds patience);

}  // namespace nvinject::nri
