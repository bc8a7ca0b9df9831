// SPDX-License-Identifier: Apache-2.0
#pragma once

// nvinject.policy of config.toml: who may have GPUs where an orchestrator decides. Docker and plain
// runtimes do not ask it.

#include <string>
#include <string_view>
#include <vector>

namespace nvinject {

// nvinject.policy.mode
enum class PolicyMode {
  kAllocated,  // what the kubelet allocated to the container
  kEnv,        // what the container asks for: machines where everybody may have every GPU
};

// nvinject.policy.enforce: what becomes of a container that asks and may not.
enum class Enforce {
  kAudit,  // nothing is changed for anybody, only recorded
  kWarn,   // it starts without a GPU, and is told in NVINJECT_DENIED
  kDeny,   // it does not start
};

// As in config.toml.
[[nodiscard]] std::string_view to_string(PolicyMode mode);
[[nodiscard]] std::string_view to_string(Enforce enforce);

struct GrantPolicy {
  PolicyMode mode = PolicyMode::kAllocated;
  Enforce enforce = Enforce::kWarn;
  // Namespaces whose pods get what they ask for in every mode.
  std::vector<std::string> management_namespaces;
  // What containers that were allocated a GPU may have beside it by asking, as the variables by
  // which they do; in these namespaces only, if any are named.
  std::vector<std::string> extras;
  std::vector<std::string> extras_namespaces;
  // Pods that another injector serves.
  std::vector<std::string> ignored_namespaces;
  std::vector<std::string> ignored_runtime_handlers = {"nvidia", "nvidia-cdi", "nvidia-legacy"};
  bool operator==(const GrantPolicy&) const = default;
};

}  // namespace nvinject
