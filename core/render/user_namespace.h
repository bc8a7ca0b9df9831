// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/result.h"
#include "core/plan/plan.h"
#include "core/request/container_facts.h"

namespace nvinject {

// A runtime cannot make device nodes for a container with a user namespace of its own (mknod(2)
// needs rights in the first one): it binds the host's, which so must be there. Without this check
// the container would fail in the words of the runtime. kUnavailable names the node.
[[nodiscard]] Result<void> check_user_namespace(const InjectionPlan& plan,
                                                const ContainerFacts& facts);

}  // namespace nvinject
