// SPDX-License-Identifier: Apache-2.0
#pragma once

// CRI-O shows a plugin the annotations of the OCI spec as those of the container: all of the pod's,
// and over them what the CRI said of the container. What the CRI said is there once more by itself,
// as JSON under keys of CRI-O's own, which it writes after those of the pod: no pod can forge it.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nvinject::nri {

using Annotations = std::vector<std::pair<std::string, std::string>>;

// The annotations that the CRI gave the container itself, from `of_container`, where the runtime is
// CRI-O. None when CRI-O's own word cannot be read.
[[nodiscard]] std::optional<std::map<std::string, std::string>> annotations_by_crio(
    const Annotations& of_container);

// The container's name in the CRI; empty where CRI-O does not say. As its name CRI-O passes on a
// label of the kubelet's, which other clients do not set.
[[nodiscard]] std::string name_by_crio(const Annotations& of_container);

}  // namespace nvinject::nri
