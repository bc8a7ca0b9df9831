// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file in which the kubelet keeps what it allocated (reference: Kubernetes, "When and how
// kubelet uses an allocation"). It promises no format; but it is the only place that tells of init
// containers, which the PodResources API leaves out. Only root can have written it, and it is read
// as if anybody had.

#include <cstddef>
#include <string_view>

#include "core/base/result.h"
#include "core/grant/allocation.h"
#include "nri-plugin/pod_resources/container_key.h"

namespace nvinject::nri {

// A node's 110 pods with eight devices each make a tenth of it.
inline constexpr std::size_t kMaxCheckpointBytes = 4U << 20U;

// Empty when the file has nothing for the container. kInvalidRequest: not in the format that
// kubelets from 1.20 on write; `name` says in the message what the text is.
[[nodiscard]] Result<Allocation> allocation_in_checkpoint(std::string_view text,
                                                          std::string_view name,
                                                          const ContainerKey& container);

}  // namespace nvinject::nri
