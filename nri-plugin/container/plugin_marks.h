// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a device plugin's answer to the kubelet leaves in a container, beside its words about
// devices (core/grant/allocated_request.h), which the pod may replace by its own.

#include <optional>
#include <string>
#include <string_view>

#include "core/request/container_facts.h"

namespace nvinject::nri {

// Set by our own device plugin, to what it handed out. A pod that says "all" itself replaces
// NVIDIA_VISIBLE_DEVICES and not this.
inline constexpr std::string_view kAllocatedVariable = "NVINJECT_ALLOCATED";

// "/dev/nvidia3" -> 3
[[nodiscard]] std::optional<unsigned> minor_of_node(std::string_view path);

// In words for an error, as allocation_hint. No proof of anything, the variable least of all: it
// only makes a container fail, and only while the kubelet cannot be asked.
[[nodiscard]] std::optional<std::string> mark_of_plugin(const ContainerFacts& facts);

}  // namespace nvinject::nri
