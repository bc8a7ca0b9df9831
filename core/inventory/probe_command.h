// SPDX-License-Identifier: Apache-2.0
#pragma once

// How nvinject-probe is started: through the dynamic loader of the driver root and with the
// libraries of the driver root, so that the driver meets the glibc that it was installed for and
// this program, which may be static, loads nothing.

#include <chrono>
#include <optional>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/os/subprocess.h"

namespace nvinject {

struct ProbeOptions {
  // Not given: nvinject-probe beside the running program, else where packages put it.
  std::optional<HostPath> program;
  // NVML opens every GPU: half a second each where no persistence daemon keeps them awake.
  std::chrono::milliseconds deadline = std::chrono::seconds(25);
};

// Looks for probe, loader and libraries; each must be a file that nobody but root (or the user that
// this process runs as) could have changed. Root gives up its user: to `nobody`, with the group of
// the device nodes where these are for a group only.
[[nodiscard]] Result<Subprocess> make_probe_command(const Inventory& inventory, const Roots& roots,
                                                    const ProbeOptions& options);

}  // namespace nvinject
