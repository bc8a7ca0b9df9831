// SPDX-License-Identifier: Apache-2.0
#include "core/render/user_namespace.h"

#include "core/base/text.h"
#include "core/render/additions.h"

namespace nvinject {

Result<void> check_user_namespace(const InjectionPlan& plan, const ContainerFacts& facts) {
  if (!facts.user_namespace) return {};
  for (const PlannedDevice& device : find_additions(plan, facts).devices) {
    if (device.node.on_host) continue;
    return fail(ErrorCode::kUnavailable,
                "give device " + quote(device.path.string()) +
                    " to a container with a user namespace of its own: the host has no such node, "
                    "and only one that it has can be given: 'nvinject prepare' makes it, or says "
                    "why it cannot");
  }
  return {};
}

}  // namespace nvinject
