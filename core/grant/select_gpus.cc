// SPDX-License-Identifier: Apache-2.0
#include "core/grant/select_gpus.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "core/base/bus_id.h"
#include "core/base/text.h"
#include "core/grant/find_mig_device.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

std::string describe_gpus(const Inventory& inventory) {
  const std::size_t count = inventory.gpus.size();
  if (count == 0) return "this node has no GPU";
  if (count == 1) return "this node has GPU 0";
  return "this node has GPUs 0 to " + std::to_string(count - 1);
}

tl::unexpected<Error> unknown_device(const DeviceId& id, const Inventory& inventory) {
  return fail(ErrorCode::kNotFound, "unknown device " + quote(id.text) + ": " +
                                        describe_gpus(inventory) +
                                        " ('nvinject list' shows them with their UUIDs)");
}

// A whole UUID, or a beginning of one that fits a single GPU.
Result<const Gpu*> gpu_by_uuid(const DeviceId& id, const Inventory& inventory) {
  const std::string wanted = to_lower(id.text);
  const Gpu* found = nullptr;
  for (const Gpu& gpu : inventory.gpus) {
    const std::string uuid = to_lower(gpu.uuid);
    if (uuid == wanted) return &gpu;
    if (!uuid.starts_with(wanted)) continue;
    if (found != nullptr) {
      return fail(ErrorCode::kInvalidRequest, "device " + quote(id.text) +
                                                  " is ambiguous: " + found->uuid + " and " +
                                                  gpu.uuid + " begin with it");
    }
    found = &gpu;
  }
  if (found == nullptr) return unknown_device(id, inventory);
  return found;
}

Result<const Gpu*> gpu_by_bus_id(const DeviceId& id, const Inventory& inventory) {
  const auto wanted = normalise_bus_id(id.text);
  for (const Gpu& gpu : inventory.gpus) {
    if (wanted == gpu.bus_id) return &gpu;
  }
  return unknown_device(id, inventory);
}

Result<const Gpu*> gpu_by_index(const DeviceId& id, const Inventory& inventory) {
  if (id.gpu < inventory.gpus.size()) return &inventory.gpus[id.gpu];
  return unknown_device(id, inventory);
}

Result<const Gpu*> find_gpu(const DeviceId& id, const Inventory& inventory) {
  switch (id.kind) {
    case DeviceIdKind::kIndex:
      return gpu_by_index(id, inventory);
    case DeviceIdKind::kUuid:
      return gpu_by_uuid(id, inventory);
    case DeviceIdKind::kPciBusId:
      return gpu_by_bus_id(id, inventory);
    case DeviceIdKind::kMigIndex:
    case DeviceIdKind::kMigUuid:
    case DeviceIdKind::kCdiName:
      break;  // select_one and select_device resolve them
  }
  return unknown_device(id, inventory);
}

// Why a GPU cannot be handed out; empty when it can.
std::string objection_to(const Gpu& gpu) {
  return gpu.broken.empty() ? std::string() : "is broken: " + gpu.broken;
}

Result<void> select_all(const Inventory& inventory, Selection& selection) {
  for (const Gpu& gpu : inventory.gpus) {
    // One broken GPU never hides the others.
    if (!gpu.broken.empty()) {
      selection.decisions.push_back(
          {"GPU " + std::to_string(gpu.index), "passed over", gpu.broken});
      continue;
    }
    selection.gpus.push_back(&gpu);
    for (const MigDevice& device : gpu.mig_devices) {
      selection.mig_devices.push_back({&gpu, &device});
    }
  }
  if (selection.gpus.empty()) {
    return fail(ErrorCode::kUnavailable, inventory.gpus.empty()
                                             ? "all GPUs are asked for, and the driver shows none"
                                             : "all GPUs are asked for, and every one is broken: " +
                                                   inventory.gpus.front().broken);
  }
  return {};
}

// The device by its plain id; messages name it as it was asked for.
Result<void> select_one(const DeviceId& plain, const DeviceId& asked, const Inventory& inventory,
                        Selection& selection) {
  SelectedMig found;
  const bool is_mig = names_mig_device(plain);
  if (is_mig) {
    NVINJECT_ASSIGN_OR_RETURN(found, find_mig_device(plain, asked, inventory));
  } else {
    const auto gpu = find_gpu(plain, inventory);
    if (!gpu && gpu.error().code == ErrorCode::kNotFound) return unknown_device(asked, inventory);
    if (!gpu) return tl::unexpected<Error>(gpu.error());
    found.gpu = *gpu;
  }
  if (const std::string objection = objection_to(*found.gpu); !objection.empty()) {
    return fail(ErrorCode::kUnavailable, "device " + quote(asked.text) + " (GPU " +
                                             std::to_string(found.gpu->index) + ") " + objection);
  }
  selection.gpus.push_back(found.gpu);
  if (is_mig) selection.mig_devices.push_back(found);
  selection.names_mig_devices = selection.names_mig_devices || is_mig;
  return {};
}

Result<void> select_device(const DeviceId& id, const Inventory& inventory, Selection& selection) {
  if (id.kind != DeviceIdKind::kCdiName) return select_one(id, id, inventory, selection);
  NVINJECT_ASSIGN_OR_RETURN(const std::string_view name, gpu_of_cdi_name(id.text));
  if (name == "all") return select_all(inventory, selection);
  const auto plain = parse_device_id(name);
  if (!plain) return unknown_device(id, inventory);
  return select_one(*plain, id, inventory, selection);
}

void drop_duplicates(Selection& selection) {
  auto& gpus = selection.gpus;
  std::sort(gpus.begin(), gpus.end(),
            [](const Gpu* a, const Gpu* b) { return a->index < b->index; });
  gpus.erase(std::unique(gpus.begin(), gpus.end()), gpus.end());
  auto& migs = selection.mig_devices;
  const auto place = [](const SelectedMig& mig) {
    return std::tuple(mig.gpu->index, mig.device->gpu_instance, mig.device->compute_instance);
  };
  std::sort(migs.begin(), migs.end(),
            [&](const SelectedMig& a, const SelectedMig& b) { return place(a) < place(b); });
  migs.erase(
      std::unique(migs.begin(), migs.end(),
                  [](const SelectedMig& a, const SelectedMig& b) { return a.device == b.device; }),
      migs.end());
}

}  // namespace

Result<std::string_view> gpu_of_cdi_name(std::string_view name) {
  const std::optional<CdiName> parsed = parse_cdi_name(name);
  if (parsed && parsed->vendor == "nvidia.com" && parsed->device_class == "gpu") {
    return parsed->device;
  }
  return fail(ErrorCode::kUnsupported,
              "CDI device " + quote(name) +
                  " is not offered by this version of nvinject: only 'nvidia.com/gpu=' with an "
                  "index, a UUID, a PCI bus id, a MIG device or 'all' is");
}

std::optional<DeviceId> plain_device_id(const DeviceId& id) {
  if (id.kind != DeviceIdKind::kCdiName) return id;
  const auto name = gpu_of_cdi_name(id.text);
  if (!name) return std::nullopt;
  auto plain = parse_device_id(*name);
  if (!plain) return std::nullopt;
  return *std::move(plain);
}

Result<Selection> select_gpus(const GpuRequest& request, const Inventory& inventory) {
  Selection selection;
  if (request.scope == DeviceScope::kAll) {
    NVINJECT_RETURN_IF_ERROR(select_all(inventory, selection));
  }
  if (request.scope != DeviceScope::kListed) return selection;
  for (const DeviceId& id : request.devices) {
    NVINJECT_RETURN_IF_ERROR(select_device(id, inventory, selection));
  }
  drop_duplicates(selection);
  return selection;
}

}  // namespace nvinject
