// SPDX-License-Identifier: Apache-2.0
#pragma once

// Devices asked for by annotations of the pod, in the ways of two plugins that hand CDI names to
// the runtime (reference: NVIDIA Container Toolkit, "NRI plugin"; NRI's device injector). Here the
// names are requests like any other: resolved by us, subject to policy, never handed on.
//
//   nvidia.cdi.k8s.io: nvidia.com/gpu=0,nvidia.com/gpu=1
//   cdi-devices.noderesource.dev: '["nvidia.com/gpu=0"]'      also cdi-devices.nri.io, deprecated
//
// Of each, the narrowest scope counts: KEY/container.NAME, then KEY/pod, then KEY.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/request/container_facts.h"

namespace nvinject {

// Borrows from the facts.
struct PodAnnotation {
  std::string_view key;
  std::string_view value;
  bool operator==(const PodAnnotation&) const = default;
};

// At most one for each of `keys`, in their order.
[[nodiscard]] std::vector<PodAnnotation> find_pod_annotations(const ContainerFacts& facts,
                                                              const std::vector<std::string>& keys);

// Whether the annotation could be one of `keys`, in whichever scope and spelling: what
// find_pod_annotations passes over for certain may be passed over without it.
[[nodiscard]] bool may_be_pod_annotation(std::string_view annotation,
                                         const std::vector<std::string>& keys);

struct PodAnnotationRequest {
  std::vector<std::string> devices;  // CDI names of NVIDIA's, in order
  Decisions decisions;               // names of other vendors
  bool operator==(const PodAnnotationRequest&) const = default;
};

// kInvalidRequest: a value that is no list of CDI names, or too long a one. A value of the shared
// key without a name of NVIDIA's is another tool's, however it looks.
[[nodiscard]] Result<PodAnnotationRequest> parse_pod_annotation(const PodAnnotation& annotation);

}  // namespace nvinject
