// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/json/json.h"

namespace nvinject {

// What CDI files say of a container, in its OCI spec, by the rules of the CDI reference
// implementation: a node and a mount take the place of one with the same path, mounts are sorted so
// that none hides another. A variable replaces the one of its name. Done twice it changes nothing
// more. Nodes are complete (core/cdi/complete_nodes.h); kInvalidRequest: a member of `spec` has a
// type that the specification does not allow.
[[nodiscard]] Result<Json> edit_by_cdi(Json spec, const CdiEdits& edits);

}  // namespace nvinject
