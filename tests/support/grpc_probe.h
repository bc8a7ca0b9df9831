// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kubelet's gRPC probe (grpc.health.v1): whether a server says that it serves.

#include <chrono>
#include <string>

#include "tests/support/cri_client.h"

namespace nvinject::testing {

// `address` is HOST:PORT or unix:/PATH. An error: nobody answers.
[[nodiscard]] CriResult<bool> is_serving(const std::string& address,
                                         std::chrono::milliseconds deadline);

}  // namespace nvinject::testing
