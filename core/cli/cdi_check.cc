// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_check.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "core/base/path.h"
#include "core/base/text.h"
#include "core/cdi/complete_nodes.h"
#include "core/cdi/gpu_nodes.h"
#include "core/cdi/parse_spec.h"
#include "core/cli/cdi_document.h"
#include "core/os/file.h"
#include "core/os/program.h"

namespace nvinject::cli {
namespace {

constexpr std::string_view kHookName = "nvinject-hook";

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::set<std::string> gpu_nodes(const CdiSpec& spec, const CdiDevice& device) {
  std::set<std::string> nodes = gpu_nodes_of(spec.edits);
  nodes.merge(gpu_nodes_of(device.edits));
  return nodes;
}

const CdiDevice* find_device(const CdiSpec& spec, const std::string& name) {
  const auto found = std::find_if(spec.devices.begin(), spec.devices.end(),
                                  [&](const CdiDevice& device) { return device.name == name; });
  return found == spec.devices.end() ? nullptr : &*found;
}

void compare_devices(const CdiSpec& file, const CdiSpec& fresh, std::vector<std::string>& found) {
  for (const CdiDevice& device : file.devices) {
    const CdiDevice* const now = find_device(fresh, device.name);
    if (now == nullptr) {
      found.push_back("device " + quote(device.name) + " is not on this machine");
      continue;
    }
    const auto said = gpu_nodes(file, device);
    const auto is = gpu_nodes(fresh, *now);
    if (said != is) {
      found.push_back("device " + quote(device.name) + " is " + describe_gpu_nodes(is) +
                      " now, the file says " + describe_gpu_nodes(said));
    }
  }
  for (const CdiDevice& device : fresh.devices) {
    if (find_device(file, device.name) == nullptr) {
      found.push_back("device " + quote(device.name) + " of this machine is not in the file");
    }
  }
}

void look_for_files(const CdiEdits& edits, std::set<std::string>& missing) {
  for (const CdiDeviceNode& node : edits.device_nodes) {
    std::vector<CdiDeviceNode> one = {node};
    if (!complete_nodes(one)) missing.insert(node.host_path.empty() ? node.path : node.host_path);
  }
  for (const CdiMount& mount : edits.mounts) {
    if (mount.host_path.front() == '/' && !open_file(HostPath(mount.host_path), O_PATH)) {
      missing.insert(mount.host_path);
    }
  }
  for (const CdiHook& hook : edits.hooks) {
    if (!is_program(HostPath(hook.path))) missing.insert(hook.path);
  }
}

bool is_ours(const CdiSpec& spec) { return !hook_program_of(spec).empty(); }

}  // namespace

std::vector<std::string> compare_cdi(const CdiSpec& file, const CdiSpec& fresh) {
  CdiSpec same_version = fresh;
  same_version.version = file.version;
  if (file == same_version) return {};
  std::vector<std::string> found;
  compare_devices(file, fresh, found);
  std::set<std::string> missing;
  look_for_files(file.edits, missing);
  for (const CdiDevice& device : file.devices) look_for_files(device.edits, missing);
  for (const std::string& path : missing) {
    found.push_back(quote(path) + " is not there, or is something else");
  }
  if (found.empty() && is_ours(file)) {
    found.emplace_back("other files, modes or groups than the driver and the config give now");
  }
  return found;
}

Result<std::vector<std::string>> check_cdi_file(const std::string& path, const Inventory& inventory,
                                                const Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(HostPath(path), kMaxCdiSpecBytes));
  NVINJECT_ASSIGN_OR_RETURN(const CdiSpec file, parse_cdi_spec(text, path, cdi_format_of(path)));
  if (file.kind != kGpuKind) {
    return fail(ErrorCode::kUnsupported,
                "check " + quote(path) + ": it is about " + quote(file.kind) + ", not " + kGpuKind);
  }
  NVINJECT_ASSIGN_OR_RETURN(
      const CdiDocument fresh,
      make_cdi_document(inventory, config,
                        {.hook_program = hook_program_of(file), .namings = cdi_namings_of(file)}));
  return compare_cdi(file, fresh.spec);
}

std::string hook_program_of(const CdiSpec& spec) {
  for (const CdiHook& hook : spec.edits.hooks) {
    if (file_name(hook.path) == kHookName) return hook.path;
  }
  return {};
}

}  // namespace nvinject::cli
