// SPDX-License-Identifier: Apache-2.0
#include "core/os/own_descriptors.h"

#include <sched.h>

#include <cerrno>

namespace nvinject {

Result<void> keep_own_descriptors() {
  if (::unshare(CLONE_FILES) != 0) return fail_errno("unshare", "descriptors", errno);
  return {};
}

}  // namespace nvinject
