// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan said in the language of the OCI runtime specification (config.md, config-linux.md). The
// spec is edited as a document: whatever this file does not know stays as it is.

#include "core/base/result.h"
#include "core/json/json.h"
#include "core/plan/plan.h"
#include "core/request/container_facts.h"

namespace nvinject {

// `facts` are those of `spec`. Adds devices with their cgroup rules, mounts, env and groups, and
// removes prestart hooks of the classic hook, which would do the same once more in its own way.
// Applied to its own result it changes nothing. kInvalidRequest: a member has a type that the
// specification does not allow.
[[nodiscard]] Result<Json> edit_oci_spec(Json spec, const ContainerFacts& facts,
                                         const InjectionPlan& plan);

}  // namespace nvinject
