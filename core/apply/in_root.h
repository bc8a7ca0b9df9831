// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps of a plan inside a container's root filesystem, by descriptor only. Nothing of the
// container is ever run.

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/os/container_root.h"
#include "core/plan/plan.h"

namespace nvinject {

// Every step is where-possible: what an image does not allow (no cache, a link or a fifo in its
// place, a read-only file system, a malformed cache) leaves it as it was and is reported as a
// decision.
[[nodiscard]] Decisions apply_in_root(const ContainerRoot& root,
                                      const std::vector<InRootStep>& steps);

// One of them, for doors that can do the others in their own way.
[[nodiscard]] Decision merge_ld_cache_in_root(const ContainerRoot& root, const MergeLdCache& step);

}  // namespace nvinject
