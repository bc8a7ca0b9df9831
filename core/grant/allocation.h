// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kubelet allocated to one container: evidence that a door fetches, in the core's words
// (reference: Kubernetes, "PodResources API", "IDs, MIG, sharing").

#include <string>
#include <string_view>
#include <vector>

namespace nvinject {

struct Allocation {
  // GPUs and MIG devices as their device plugin names them (UUIDs, or indices), each once.
  std::vector<std::string> devices;
  bool operator==(const Allocation&) const = default;
};

// "nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb". Others of NVIDIA's resources
// are no GPUs: network functions, whose ids look like a GPU's bus id, and GPUs for virtual
// machines.
[[nodiscard]] bool is_gpu_resource(std::string_view resource);

// Of a GPU that several containers share each holds a replica: "GPU-…::3" -> "GPU-…".
[[nodiscard]] std::string_view without_replica(std::string_view device_id);

// A device that is there already, maybe as another replica, is not doubled.
void add_device(Allocation& allocation, std::string_view device_id);

}  // namespace nvinject
