// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/result.h"

namespace nvinject {

// unshare(2) of the table of descriptors: what the process opens and closes from now on, the
// calling thread neither has nor loses, and the other way round. Only for a thread that is alone
// with its work.
[[nodiscard]] Result<void> keep_own_descriptors();

}  // namespace nvinject
