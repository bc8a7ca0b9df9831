// SPDX-License-Identifier: Apache-2.0
#pragma once

// The boot step: modules loaded, device nodes and /dev/char links made, as nvidia-modprobe does.
// After it the start of a container has nothing to make. Everything here is idempotent and done by
// one process at a time.

#include <chrono>
#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/os/device_numbers.h"

namespace nvinject {

struct PrepareOptions {
  std::chrono::milliseconds module_deadline = std::chrono::seconds(60);
  std::chrono::milliseconds lock_deadline = std::chrono::seconds(90);
  // prepare_once: what could not be made is not tried again at every container start.
  std::chrono::seconds retry_interval{10};
};

struct PrepareReport {
  Decisions done;     // empty when all was there already
  Decisions skipped;  // what was not done, or could not be, and why that is no error
  bool operator==(const PrepareReport&) const = default;
};

// An Error is that module nvidia cannot be loaded, that a node or link cannot be made, or that the
// lock cannot be had. Without NVIDIA hardware, and in a user namespace, nothing is done.
[[nodiscard]] Result<PrepareReport> prepare_node(const Roots& roots, const PrepareOptions& options);

// Whether prepare_node would find work, from what a scan knows and a few lstat(2): cheap enough for
// every container start.
[[nodiscard]] bool needs_preparation(const Inventory& inventory, const Roots& roots,
                                     const DeviceNumbers& numbers);

// prepare_node, at most once in `retry_interval`, whether it succeeds or not; <state>/prepared
// keeps when. In between the report only says that it was skipped.
[[nodiscard]] Result<PrepareReport> prepare_once(const Roots& roots, const PrepareOptions& options);

// Nodes and links of IMEX channels that somebody asks for. Each time: another container may ask for
// another channel.
[[nodiscard]] Result<PrepareReport> prepare_imex_channels(const Roots& roots,
                                                          const std::vector<unsigned>& channels,
                                                          const PrepareOptions& options);

}  // namespace nvinject
