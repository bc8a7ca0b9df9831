// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compat/cli/command_line.h"
#include "core/base/result.h"
#include "core/request/gpu_request.h"

namespace nvinject::compat {

// The devices that "list" or "configure" name. None: the driver's files only.
[[nodiscard]] Result<GpuRequest> make_device_request(const DeviceOptions& wanted);

// All that "configure" asks for, as the environment of a container would ask.
[[nodiscard]] Result<GpuRequest> make_configure_request(const CommandLine& line);

// Those of --no-persistenced and --no-fabricmanager, as Policy::omitted_sockets.
[[nodiscard]] std::vector<std::string> omitted_sockets(const DeviceOptions& wanted);

}  // namespace nvinject::compat
