// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/device_request.h"

#include <algorithm>

#include "core/plan/capability_table.h"
#include "core/request/device_list.h"

namespace nvinject::compat {
namespace {

constexpr const char* kDeviceOption = "--device";
constexpr const char* kAll = "all";

}  // namespace

Result<GpuRequest> make_device_request(const DeviceOptions& wanted) {
  GpuRequest request;
  request.scope = DeviceScope::kDriverOnly;
  request.source = "nvidia-container-cli";
  if (!wanted.devices || wanted.devices->empty()) return request;
  request.source = kDeviceOption;
  // Unlike in a variable only "all" is a word of its own: "none" is the name of no device.
  const auto& words = *wanted.devices;
  if (std::find(words.begin(), words.end(), kAll) != words.end()) {
    request.scope = DeviceScope::kAll;
    return request;
  }
  request.scope = DeviceScope::kListed;
  NVINJECT_ASSIGN_OR_RETURN(request.devices,
                            parse_device_list({.source = kDeviceOption, .words = words}));
  return request;
}

Result<GpuRequest> make_configure_request(const CommandLine& line) {
  NVINJECT_ASSIGN_OR_RETURN(GpuRequest request, make_device_request(line.wanted));
  request.capabilities = line.configure.capabilities;
  for (const std::string& expression : line.configure.requirements) {
    request.requirements.push_back({.variable = "--require", .expression = expression});
  }
  if (line.wanted.mig_config) request.extras.mig_config = kAll;
  if (line.wanted.mig_monitor) request.extras.mig_monitor = kAll;
  request.extras.imex_channels = line.wanted.imex_channels;
  return request;
}

std::vector<std::string> omitted_sockets(const DeviceOptions& wanted) {
  std::vector<std::string> names;
  if (!wanted.persistenced) names.emplace_back(kPersistencedSocket);
  if (!wanted.fabricmanager) names.emplace_back(kFabricManagerSocket);
  return names;
}

}  // namespace nvinject::compat
