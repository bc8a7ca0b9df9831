// SPDX-License-Identifier: Apache-2.0
#pragma once

// How nvinject-hook is called (compat/hook/hook_argv.h), for doors that cannot reach into the
// container's root themselves: NRI and CDI.

#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/request/capability.h"

namespace nvinject {

// Whether compatibility libraries of the image may come before the driver's.
enum class CudaCompatHook { kNo, kYes };

// Who computes may want them, unless the policy says never.
[[nodiscard]] CudaCompatHook cuda_compat_of(CapabilitySet capabilities, const Policy& policy);

// The job, and the names under which it finds the driver's libraries in the container; empty when
// the plan mounts none. Without argv[0].
[[nodiscard]] std::vector<std::string> hook_arguments(const Inventory& inventory,
                                                      const InjectionPlan& plan,
                                                      CudaCompatHook cuda_compat);

// All of the hook's environment: runc gives one without any that of the image (CVE-2025-23266),
// crun its own.
inline constexpr const char* kHookPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace nvinject
