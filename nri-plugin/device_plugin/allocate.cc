// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/allocate.h"

#include <map>
#include <utility>

#include "core/base/text.h"

namespace nvinject::nri {

Result<Handout> allocate(const Offer& offer, const std::vector<std::string>& ids) {
  if (ids.empty()) return fail(ErrorCode::kInvalidRequest, "allocate: no device is named");
  std::map<unsigned, std::string> by_index;
  for (const std::string& id : ids) {
    const OfferedGpu* const gpu = find_device(offer, id);
    if (gpu == nullptr) {
      return fail(ErrorCode::kNotFound,
                  "allocate " + quote(id) + ": it is none of the devices that this node offers");
    }
    by_index[gpu->index] = gpu->uuid;
  }
  std::vector<std::string> uuids;
  uuids.reserve(by_index.size());
  for (auto& [index, uuid] : by_index) uuids.push_back(std::move(uuid));
  return Handout{.visible_devices = join(uuids, ",")};
}

}  // namespace nvinject::nri
