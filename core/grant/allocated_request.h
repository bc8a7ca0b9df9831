// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the kubelet's word counts and not the container's: what the container's own words still
// decide, and what they are made into.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/grant/allocation.h"
#include "core/request/accept_rules.h"
#include "core/request/container_facts.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// The bind mount that our device plugin gives to every container with a GPU. OCI runtimes refuse
// mounts below /proc, so such a container starts only where somebody takes the mount away again:
// us, together with giving it its GPU.
inline constexpr std::string_view kGateDestination = "/proc/nvinject-gate";

// Set by our device plugin, to what it handed out. A pod that says "all" itself replaces
// NVIDIA_VISIBLE_DEVICES and not this.
inline constexpr std::string_view kAllocatedVariable = "NVINJECT_ALLOCATED";

[[nodiscard]] bool carries_gate(const ContainerFacts& facts);

// What says that a device plugin has given the container devices, in words for an error: the gate,
// a list of nothing but UUIDs, mounts of /dev/null or annotations as device plugins make them,
// kAllocatedVariable, nodes of GPUs in a container that is not privileged (who is has every node).
// No proof, whoever makes a pod can write most of it; but such a container must not start without
// its GPU because the kubelet could not be asked. "all", which is in many images, is none.
[[nodiscard]] std::optional<std::string> allocation_hint(const ContainerFacts& facts,
                                                         const AcceptRules& rules);

// The devices of `allocation` with the capabilities and the requirements that the container names.
// Its own list of devices adds nothing and takes nothing away, unless it is "none" (driver files
// without a GPU) or, set and naming nothing, "void": then the request is empty. Channels and nodes
// beside GPUs (NVIDIA_IMEX_CHANNELS, NVIDIA_NVSWITCH, …) only a privileged container gets, or one
// whose `extras` (who_may.h) have the variable. `allocation` has a device. kInvalidRequest as
// parse_request.
[[nodiscard]] Result<GpuRequest> allocated_request(const ContainerFacts& facts,
                                                   const AcceptRules& rules,
                                                   const Allocation& allocation,
                                                   const std::vector<std::string>& extras);

// Whether the container says itself that it wants no GPU, nor driver: "void".
[[nodiscard]] bool declines_gpus(const ContainerFacts& facts);

}  // namespace nvinject
