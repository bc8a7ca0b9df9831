// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/checkpoint.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/json/json.h"

namespace nvinject::nri {
namespace {

struct Entry {
  std::string pod_uid;
  std::string container;
  std::string resource;
};

Result<std::string> required_string(const Json& entry, std::string_view key) {
  NVINJECT_ASSIGN_OR_RETURN(auto text, find_string(entry, key, key));
  if (!text) return fail(ErrorCode::kInvalidRequest, std::string(key) + " is missing");
  return *std::move(text);
}

Result<Entry> read_entry(const Json& json) {
  Entry entry;
  NVINJECT_ASSIGN_OR_RETURN(entry.pod_uid, required_string(json, "PodUID"));
  NVINJECT_ASSIGN_OR_RETURN(entry.container, required_string(json, "ContainerName"));
  NVINJECT_ASSIGN_OR_RETURN(entry.resource, required_string(json, "ResourceName"));
  return entry;
}

// The ids by NUMA node, "-1" for devices that have none.
Result<void> read_devices(const Json& json, Allocation& allocation) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const by_node, find_object(json, "DeviceIDs", "DeviceIDs"));
  if (by_node == nullptr) return fail(ErrorCode::kInvalidRequest, "DeviceIDs is missing");
  for (const auto& [node, ids] : by_node->items()) {
    NVINJECT_ASSIGN_OR_RETURN(const std::vector<std::string> devices,
                              find_strings(*by_node, node, "DeviceIDs"));
    for (const std::string& device : devices) add_device(allocation, device);
  }
  return {};
}

Result<Allocation> read_entries(const Json& document, const ContainerKey& container) {
  Allocation allocation;
  NVINJECT_ASSIGN_OR_RETURN(const Json* const data, find_object(document, "Data", "Data"));
  if (data == nullptr) return fail(ErrorCode::kInvalidRequest, "Data is missing");
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<const Json*> entries,
                            find_objects(*data, "PodDeviceEntries", "Data.PodDeviceEntries"));
  for (const Json* const json : entries) {
    NVINJECT_ASSIGN_OR_RETURN(const Entry entry, read_entry(*json));
    if (entry.pod_uid != container.pod_uid || entry.container != container.container ||
        !is_gpu_resource(entry.resource)) {
      continue;
    }
    NVINJECT_RETURN_IF_ERROR(read_devices(*json, allocation));
  }
  return allocation;
}

}  // namespace

Result<Allocation> allocation_in_checkpoint(std::string_view text, std::string_view name,
                                            const ContainerKey& container) {
  NVINJECT_ASSIGN_OR_RETURN(const Json document, parse_json(text, name));
  auto allocation = read_entries(document, container);
  if (allocation) return allocation;
  return tl::unexpected<Error>(std::move(allocation).error().wrap("read " + std::string(name)));
}

}  // namespace nvinject::nri
