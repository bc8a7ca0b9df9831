// SPDX-License-Identifier: Apache-2.0
#pragma once

// An OCI runtime spec (config.json) -> ContainerFacts. Reads only what requests may be made of; a
// wrong type there is an error that names the member, everything else is not looked at.

#include "core/base/result.h"
#include "core/json/json.h"
#include "core/request/container_facts.h"

namespace nvinject {

[[nodiscard]] Result<ContainerFacts> facts_from_oci(const Json& spec);

}  // namespace nvinject
