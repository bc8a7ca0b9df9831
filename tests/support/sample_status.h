// SPDX-License-Identifier: Apache-2.0
#pragma once

// A report of the NRI plugin with a container of every outcome.

#include <vector>

#include "core/status/status_report.h"

namespace nvinject::testing {

inline KubeletStatus sample_kubelet() {
  return {.resource = "nvidia.com/gpu",
          .registered = true,
          .replicas = 2,
          .devices = 4,
          .healthy = 2,
          .problem = "",
          .xid_watch = XidWatch::kWatched};
}

inline std::vector<ContainerStatus> sample_containers() {
  return {{.id = "1111111111112222",
           .name = "main",
           .pod = "train",
           .name_space = "team",
           .asked = "0,1",
           .source = "NVIDIA_VISIBLE_DEVICES",
           .outcome = ContainerOutcome::kServed,
           .gpus = {0, 1},
           .reason = "management namespace"},
          {.id = "2222222222223333",
           .name = "exporter",
           .pod = "dcgm",
           .name_space = "gpu-operator",
           .outcome = ContainerOutcome::kLeft,
           .gpus = {0},
           .reason = "runtime handler 'nvidia' injects GPUs itself"},
          {.id = "3333333333334444",
           .name = "web",
           .pod = "shop",
           .name_space = "default",
           .asked = "all",
           .source = "NVIDIA_VISIBLE_DEVICES",
           .outcome = ContainerOutcome::kDenied,
           .reason = "nothing was allocated to it"},
          {.id = "4444444444445555",
           .name = "job",
           .pod = "night",
           .name_space = "default",
           .asked = "1",
           .source = "NVIDIA_VISIBLE_DEVICES",
           .outcome = ContainerOutcome::kAudited,
           .gpus = {0},
           .would_get = {1},
           .reason = "enforce = audit"},
          {.id = "5555555555556666",
           .name = "early",
           .pod = "bird",
           .name_space = "default",
           .asked = "1",
           .source = "NVIDIA_VISIBLE_DEVICES",
           .outcome = ContainerOutcome::kWithout,
           .would_get = {1},
           .reason = "created while no plugin was connected"}};
}

inline StatusReport sample_status() {
  StatusReport report{.registered = true,
                      .synchronised = true,
                      .runtime = "containerd 2.1.9",
                      .mode = "allocated",
                      .enforce = "warn",
                      .driver_version = "550.163.01",
                      .inventory_generation = 3};
  report.kubelet = sample_kubelet();
  report.gpus = {{.index = 0, .uuid = "GPU-aaaa", .model = "NVIDIA L40S"},
                 {.index = 1,
                  .uuid = "GPU-bbbb",
                  .model = "NVIDIA L40S",
                  .problem = "",
                  .mig = false,
                  .kept_back = "the driver reported Xid 48"},
                 {.index = 2, .uuid = "", .model = "", .problem = "fell off the bus"}};
  report.containers = sample_containers();
  return report;
}

}  // namespace nvinject::testing
