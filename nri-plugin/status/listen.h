// SPDX-License-Identifier: Apache-2.0
#pragma once

// "HOST:PORT", the host in numbers or "localhost", or "unix:/path" with a socket of mode
// 0600.

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject::nri {

[[nodiscard]] Result<UniqueFd> listen_on(const std::string& address);

}  // namespace nvinject::nri
