// SPDX-License-Identifier: Apache-2.0
#pragma once

// What policy says about a pod before any of its containers asks: whose word counts for it, and
// whether it is ours at all.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/grant/grant.h"
#include "core/grant/grant_policy.h"

namespace nvinject {

// In the environment of a container that was denied its GPUs: why. Doors behind the one that
// denied them give none either.
inline constexpr std::string_view kDeniedVariable = "NVINJECT_DENIED";

struct PodIdentity {
  std::string name_space;
  std::string runtime_handler;  // of its RuntimeClass; empty: the default
  bool operator==(const PodIdentity&) const = default;
};

// kRequest for a management namespace, and for everybody in mode "env".
[[nodiscard]] Authority authority_of(const PodIdentity& pod, const GrantPolicy& policy);

// The variables by which containers of the pod that were allocated a GPU may have what lies beside
// it.
[[nodiscard]] std::vector<std::string> extras_of(const PodIdentity& pod, const GrantPolicy& policy);

// Why another injector serves this pod; nothing when none does.
[[nodiscard]] std::optional<std::string> other_injector(const PodIdentity& pod,
                                                        const GrantPolicy& policy);

}  // namespace nvinject
