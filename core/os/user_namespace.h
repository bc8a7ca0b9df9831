// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/path.h"

namespace nvinject {

// Whether "root" here is somebody else outside (user_namespaces(7)): such a root loads no modules,
// makes no device nodes, and may lack most user ids. A kernel without user namespaces counts as no.
[[nodiscard]] bool in_user_namespace(const HostPath& proc);

}  // namespace nvinject
