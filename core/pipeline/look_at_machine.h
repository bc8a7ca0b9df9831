// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"
#include "core/inventory/wanted_files.h"

namespace nvinject {

// Whether the node may be changed on the way: modules loaded and device nodes made, when somebody
// asks for a GPU and they are not there (at most every few seconds, see prepare_once).
enum class MayPrepare { kNo, kYes };

// The subject of a note that says what became of it.
inline constexpr const char* kPreparation = "preparation of the node";

// The scan; where modules or nodes are missing (after boot), the preparation and another scan. That
// the preparation fails is a note and no error yet: perhaps nobody asks for what is missing.
[[nodiscard]] Result<Inventory> look_at_machine(const Roots& roots, const WantedFiles& wanted,
                                                MayPrepare may_prepare, Decisions& notes);

}  // namespace nvinject
