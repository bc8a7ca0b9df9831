// SPDX-License-Identifier: Apache-2.0
#include "core/render/hook_command.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nvinject {

CudaCompatHook cuda_compat_of(CapabilitySet capabilities, const Policy& policy) {
  const bool may =
      capabilities.has(Capability::kCompute) && policy.cuda_compat != CudaCompatMode::kDisabled;
  return may ? CudaCompatHook::kYes : CudaCompatHook::kNo;
}

std::vector<std::string> hook_arguments(const Inventory& inventory, const InjectionPlan& plan,
                                        CudaCompatHook cuda_compat) {
  std::vector<std::string> names;
  for (const PlannedMount& mount : plan.mounts) {
    const bool is_library =
        std::any_of(inventory.libraries.begin(), inventory.libraries.end(),
                    [&](const Library& library) { return library.host_path == mount.source; });
    std::string name(mount.destination.file_name());
    if (is_library && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  if (names.empty()) return names;
  std::vector<std::string> arguments = {"ld-cache"};
  if (cuda_compat == CudaCompatHook::kYes) {
    arguments.push_back("--cuda-compat=" + inventory.driver_version);
  }
  std::move(names.begin(), names.end(), std::back_inserter(arguments));
  return arguments;
}

}  // namespace nvinject
