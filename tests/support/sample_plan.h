// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan with something of every kind, for the renderers.

#include "core/plan/plan.h"

namespace nvinject::testing {

inline InjectionPlan sample_plan() {
  InjectionPlan plan;
  plan.devices = {
      {.path = ContainerPath("/dev/nvidiactl"), .node = {.number = {195, 255}}},
      {.path = ContainerPath("/dev/nvidia0"),
       .node = {.number = {195, 0}, .mode = 0660, .uid = 0, .gid = 985}},
  };
  plan.mounts = {
      {.source = HostPath("/usr/lib64/libcuda.so.550.163.01"),
       .destination = ContainerPath("/usr/lib/libcuda.so.1"),
       .options = {"ro", "bind"}},
      {.source = HostPath("/run/nvidia-persistenced/socket"),
       .destination = ContainerPath("/run/nvidia-persistenced/socket"),
       .options = {"bind"},
       .need = Need::kWherePossible},
  };
  plan.env = {{.name = "LD_LIBRARY_PATH", .append = {"/usr/local/nvidia/lib64"}}};
  plan.additional_gids = {985};
  plan.in_root_steps = {MergeLdCache{.entries = {{.flags = native_ld_cache_flags(),
                                                  .soname = "libcuda.so.1",
                                                  .path = "/usr/lib/libcuda.so.1"}},
                                     .cuda_compat = {}}};
  plan.decisions = {{"/dev/nvidia-modeset", "missing", "no driver"}};
  return plan;
}

}  // namespace nvinject::testing
