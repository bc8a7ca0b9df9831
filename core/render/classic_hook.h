// SPDX-License-Identifier: Apache-2.0
#pragma once

// The classic prestart hook in an OCI spec (config.md, "POSIX-platform Hooks").

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

// Of every prestart hook that goes by one of its names.
void remove_classic_hooks(Json& spec);

// One, unless there is one already. `env` is all of its environment: a hook without any gets that
// of the runtime or, worse, of the image (CVE-2025-23266). kInvalidRequest: a member of `spec` has
// a type that the specification does not allow.
[[nodiscard]] Result<Json> add_classic_hook(Json spec, const std::string& path,
                                            const std::vector<std::string>& env);

}  // namespace nvinject
