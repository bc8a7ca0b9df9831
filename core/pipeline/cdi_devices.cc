// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/cdi_devices.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "core/cdi/complete_nodes.h"
#include "core/cdi/find_devices.h"
#include "core/cdi/registry.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

bool is_gpu(const DeviceId& device) {
  const std::string_view kind = kGpuKind;
  return device.text.starts_with(kind) && device.text.substr(kind.size()).starts_with('=');
}

std::vector<std::string> qualified(const GpuRequest& request, const std::string& default_kind) {
  std::vector<std::string> names = request.words();
  for (std::string& name : names) {
    if (!parse_cdi_name(name)) name.insert(0, "=").insert(0, default_kind);
  }
  return names;
}

bool files_have(const CdiRegistry& registry, const std::vector<DeviceId>& devices) {
  const std::vector<std::string> known = cdi_device_names(registry);
  return std::all_of(devices.begin(), devices.end(), [&](const DeviceId& device) {
    return std::binary_search(known.begin(), known.end(), device.text);
  });
}

// Moved out of `names`.
std::vector<DeviceId> leave_over(const GpuRequest& request, const CdiRegistry& registry,
                                 std::vector<std::string>& names) {
  std::vector<DeviceId> gpus;
  std::copy_if(request.devices.begin(), request.devices.end(), std::back_inserter(gpus), is_gpu);
  if (files_have(registry, gpus)) return {};
  const auto is_left = [&](const std::string& name) {
    return std::any_of(gpus.begin(), gpus.end(),
                       [&](const DeviceId& device) { return device.text == name; });
  };
  names.erase(std::remove_if(names.begin(), names.end(), is_left), names.end());
  return gpus;
}

}  // namespace

Result<CdiShare> take_from_cdi_files(const GpuRequest& request, const RuntimeConfig& config) {
  const CdiRegistry registry = read_cdi_files(config.cdi.directories);
  std::vector<std::string> names = qualified(request, config.cdi.default_kind);
  CdiShare share;
  if (config.mode == RuntimeMode::kAuto) share.rest = leave_over(request, registry, names);
  share.decisions = registry.problems;
  NVINJECT_ASSIGN_OR_RETURN(CdiChoice choice, find_cdi_devices(registry, names));
  share.decisions.insert(share.decisions.end(), choice.decisions.begin(), choice.decisions.end());
  if (auto complete = complete_nodes(choice.edits.device_nodes); !complete) {
    return tl::unexpected(std::move(complete).error().wrap("give what a CDI file names"));
  }
  share.edits = std::move(choice.edits);
  return share;
}

}  // namespace nvinject
