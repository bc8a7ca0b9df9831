// SPDX-License-Identifier: Apache-2.0
#pragma once

// The directory in which the MPS daemon has its pipes (nvidia-cuda-mps-control(1)). It is anywhere,
// in /tmp unless somebody says otherwise, where everybody may make what is not there yet.

#include <optional>
#include <string>

#include "core/base/decision.h"
#include "core/inventory/inventory.h"
#include "core/os/driver_root.h"

namespace nvinject {

// `place` as in Roots; empty: kMpsPipes. Nothing where there is no such directory; and a finding,
// too, where it cannot be taken: it is no plain path, or somebody else than root could lead it
// elsewhere, by a link or by what lies above it. Its own mode may be anything: the daemon's clients
// are everybody.
[[nodiscard]] std::optional<DriverFile> find_mps_pipes(const DriverRoot& root,
                                                       const std::string& place,
                                                       Decisions& findings);

}  // namespace nvinject
