// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a container is given when the kubelet has chosen its devices. Pure.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "nri-plugin/device_plugin/offer.h"

namespace nvinject::nri {

// The GPUs themselves come later, from the NRI plugin, when the container is created.
struct Handout {
  std::string visible_devices;  // for NVIDIA_VISIBLE_DEVICES: UUIDs in PCI order, each once
  bool operator==(const Handout&) const = default;
};

// kNotFound for an id that is not offered, kInvalidRequest for none at all.
[[nodiscard]] Result<Handout> allocate(const Offer& offer, const std::vector<std::string>& ids);

}  // namespace nvinject::nri
