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
#include "core/pipeline/cdi_doubts.h"
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

std::vector<DeviceId> gpus_among(const std::vector<DeviceId>& devices) {
  std::vector<DeviceId> gpus;
  std::copy_if(devices.begin(), devices.end(), std::back_inserter(gpus), is_gpu);
  return gpus;
}

void remove_names(const std::vector<DeviceId>& devices, std::vector<std::string>& names) {
  const auto is_one = [&](const std::string& name) {
    return std::any_of(devices.begin(), devices.end(),
                       [&](const DeviceId& device) { return device.text == name; });
  };
  names.erase(std::remove_if(names.begin(), names.end(), is_one), names.end());
}

}  // namespace

Result<CdiShare> take_from_cdi_files(const GpuRequest& request, const Config& config) {
  const CdiRegistry registry = read_cdi_files(config.runtime.cdi.directories);
  std::vector<std::string> names = qualified(request, config.runtime.cdi.default_kind);
  CdiShare share;
  std::vector<DeviceId> gpus;  // that need no file
  if (config.runtime.mode == RuntimeMode::kAuto) gpus = gpus_among(request.devices);
  if (!files_have(registry, gpus)) {
    remove_names(gpus, names);
    share.rest = std::move(gpus);
    gpus.clear();
  }
  share.decisions = registry.problems;
  NVINJECT_ASSIGN_OR_RETURN(CdiChoice choice, find_cdi_devices(registry, names));
  append(share.decisions, choice.decisions);
  append(share.decisions, doubt_cdi_files(gpus, choice.edits, config.roots));
  if (auto complete = complete_nodes(choice.edits.device_nodes); !complete) {
    return tl::unexpected(std::move(complete).error().wrap("give what a CDI file names"));
  }
  share.edits = std::move(choice.edits);
  return share;
}

}  // namespace nvinject
