// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plugin that runs in a container itself sees the node's files below a directory
// (nvinject.nri.host-root, "/host"); the runtime, which mounts them, sees them at "/".

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/inventory/roots.h"
#include "core/render/adjustment.h"

namespace nvinject::nri {

// The roots of a node, as seen by who has the node's "/" at `host_root`. /proc and /sys show the
// same everywhere; the state directory is mounted at its own place.
[[nodiscard]] Roots roots_below(Roots roots, const HostPath& host_root);

// The sources of mounts, as the runtime has to look for them. kInternal: one that is not below
// `host_root`, which would be a file of this container.
[[nodiscard]] Result<void> name_sources_as_host(const HostPath& host_root, Adjustment& adjustment);

}  // namespace nvinject::nri
