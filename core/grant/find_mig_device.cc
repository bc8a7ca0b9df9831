// SPDX-License-Identifier: Apache-2.0
#include "core/grant/find_mig_device.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kOldPrefix = "mig-gpu-";

// What "MIG-GPU-…/1/0" says, in lower case.
struct OldName {
  std::string gpu;  // "gpu-…", whole or a beginning
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
};

std::optional<OldName> parse_old_name(std::string_view text) {
  if (!text.starts_with(kOldPrefix)) return std::nullopt;
  const auto parts = split(text.substr(std::string_view("mig-").size()), '/');
  if (parts.size() != 3) return std::nullopt;
  const auto gpu_instance = parse_unsigned<unsigned>(parts[1]);
  const auto compute_instance = parse_unsigned<unsigned>(parts[2]);
  if (!gpu_instance || !compute_instance) return std::nullopt;
  return OldName{std::string(parts[0]), *gpu_instance, *compute_instance};
}

using Matcher = std::function<bool(const Gpu&, const MigDevice&)>;

std::vector<SelectedMig> find_all(const Inventory& inventory, const Matcher& fits) {
  std::vector<SelectedMig> found;
  for (const Gpu& gpu : inventory.gpus) {
    for (const MigDevice& device : gpu.mig_devices) {
      if (fits(gpu, device)) found.push_back({&gpu, &device});
    }
  }
  return found;
}

std::vector<SelectedMig> find_by_uuid(std::string_view wanted, const Inventory& inventory) {
  auto whole = find_all(inventory, [&](const Gpu&, const MigDevice& device) {
    return to_lower(device.uuid) == wanted;
  });
  if (!whole.empty()) return whole;
  if (const auto old = parse_old_name(wanted)) {
    return find_all(inventory, [&](const Gpu& gpu, const MigDevice& device) {
      return to_lower(gpu.uuid).starts_with(old->gpu) && device.gpu_instance == old->gpu_instance &&
             device.compute_instance == old->compute_instance;
    });
  }
  return find_all(inventory, [&](const Gpu&, const MigDevice& device) {
    return to_lower(device.uuid).starts_with(wanted);
  });
}

std::vector<SelectedMig> find_by_index(const DeviceId& id, const Inventory& inventory) {
  return find_all(inventory, [&](const Gpu& gpu, const MigDevice& device) {
    return gpu.index == id.gpu && device.index == id.mig;
  });
}

// "0:1" of a GPU that has no MIG devices says more than that something is unknown.
std::string describe_mig_devices(const DeviceId& id, const Inventory& inventory) {
  const auto& gpus = inventory.gpus;
  if (id.kind == DeviceIdKind::kMigIndex && id.gpu >= gpus.size()) {
    return "this node has " + std::to_string(gpus.size()) + " GPUs";
  }
  const bool one = id.kind == DeviceIdKind::kMigIndex;
  std::size_t count = 0;
  for (const Gpu& gpu : gpus) {
    if (!one || gpu.index == id.gpu) count += gpu.mig_devices.size();
  }
  const std::string whose = one ? "GPU " + std::to_string(id.gpu) : "this node";
  if (count == 0) return whose + " has no MIG devices";
  return whose + " has " + std::to_string(count) +
         " MIG devices, and none is of that name; one that was made anew has another UUID";
}

}  // namespace

std::string name_of(const SelectedMig& mig) {
  return "MIG device " + std::to_string(mig.device->gpu_instance) + "/" +
         std::to_string(mig.device->compute_instance) + " of GPU " + std::to_string(mig.gpu->index);
}

bool names_mig_device(const DeviceId& id) {
  return id.kind == DeviceIdKind::kMigIndex || id.kind == DeviceIdKind::kMigUuid;
}

Result<SelectedMig> find_mig_device(const DeviceId& id, const DeviceId& asked,
                                    const Inventory& inventory) {
  const auto found = id.kind == DeviceIdKind::kMigIndex
                         ? find_by_index(id, inventory)
                         : find_by_uuid(to_lower(id.text), inventory);
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail(ErrorCode::kNotFound, "unknown device " + quote(asked.text) + ": " +
                                          describe_mig_devices(id, inventory) +
                                          " ('nvidia-smi -L' shows them)");
  }
  return fail(ErrorCode::kInvalidRequest, "device " + quote(asked.text) +
                                              " is ambiguous: " + name_of(found[0]) + " and " +
                                              name_of(found[1]) + " have names that begin with it");
}

bool depends_on_mig_layout(const GpuRequest& request, const Inventory& inventory) {
  const auto& extras = request.extras;
  if (!extras.mig_config.empty() || !extras.mig_monitor.empty()) return true;
  const bool has_mig = std::any_of(inventory.gpus.begin(), inventory.gpus.end(),
                                   [](const Gpu& gpu) { return !gpu.mig_devices.empty(); });
  if (request.scope == DeviceScope::kAll) return has_mig;
  return std::any_of(request.devices.begin(), request.devices.end(), [&](const DeviceId& id) {
    const auto plain = plain_device_id(id);
    return plain ? names_mig_device(*plain) : has_mig;
  });
}

bool lacks_mig_facts(const Inventory& inventory) {
  return std::any_of(inventory.gpus.begin(), inventory.gpus.end(), [](const Gpu& gpu) {
    return gpu.broken.empty() &&
           std::any_of(gpu.mig_devices.begin(), gpu.mig_devices.end(), [](const MigDevice& device) {
             return device.uuid.empty() || !device.index;
           });
  });
}

}  // namespace nvinject
