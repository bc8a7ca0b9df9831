// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "proto/nri.pb.h"

namespace nvinject::testing {

namespace api = nri::api;

// Long, because a sanitized program on a busy machine is slow: what is awaited is no duration.
inline constexpr std::chrono::seconds kPatience{20};

}  // namespace nvinject::testing
