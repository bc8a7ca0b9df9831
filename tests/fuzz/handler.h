// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the targets that run the NRI plugin's own handlers share: a configuration in which every way
// of asking is open, a node, and what must hold for whatever comes out.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/status/status_report.h"
#include "nri-plugin/container/plugin.h"
#include "proto/nri.pb.h"
#include "tests/fuzz/wire_input.h"
#include "tests/nri/reply_rules.h"
#include "tests/support/sample_node.h"
#include "tests/support/sample_nri.h"

namespace nvinject::fuzz {

inline const Config& handler_config() {
  static const Config config = [] {
    Config open;
    open.grant.mode = PolicyMode::kEnv;
    open.accept.volume_mounts = true;
    open.accept.swarm_resources = {"DOCKER_RESOURCE_GPU"};
    open.accept.pod_annotation_keys = {"nvidia.cdi.k8s.io", "cdi-devices.noderesource.dev"};
    open.nri.ld_cache_hook = "/usr/bin/nvinject-hook";
    // Nobody looks at this machine.
    open.roots.driver = HostPath("/nonexistent");
    open.roots.proc = open.roots.sys = open.roots.dev = open.roots.state = open.roots.driver;
    return open;
  }();
  return config;
}

inline nri::SharedSnapshot handler_snapshot() {
  auto snapshot = std::make_shared<nri::Snapshot>();
  snapshot->inventory = testing::sample_inventory();
  snapshot->probed = true;
  snapshot->generation = 1;
  snapshot->scanned_at = std::chrono::steady_clock::now();
  return snapshot;
}

inline nri::Metrics& handler_metrics() {
  static nri::Metrics metrics;
  return metrics;
}

inline bool is_of_the_node(const nri::api::LinuxDevice& device) {
  static const Inventory inventory = testing::sample_inventory();
  const auto has_number = [&](const DeviceNodeFacts& node) {
    return node.number.major == device.major() && node.number.minor == device.minor();
  };
  return std::any_of(inventory.gpus.begin(), inventory.gpus.end(),
                     [&](const Gpu& gpu) { return has_number(*gpu.node); }) ||
         std::any_of(inventory.control_nodes.begin(), inventory.control_nodes.end(),
                     [&](const ControlNode& control) { return has_number(control.node); });
}

// An answer that a runtime takes, of things that are there.
inline void require_sound(const std::string& answer,
                          const nri::api::CreateContainerRequest& request) {
  nri::api::CreateContainerResponse reply;
  require(answer.size() <= (4U << 20U));
  require(reply.ParseFromString(answer));
  require(testing::problems_of(reply, request).empty());
  const auto& devices = reply.adjust().linux().devices();
  require(std::all_of(devices.begin(), devices.end(), is_of_the_node));
}

// What is remembered can be told.
inline void require_reportable(const nri::Plugin& plugin) {
  require(parse_status(print_status(plugin.report())).has_value());
}

// A container that asks in one of the ways that there are.
inline void ask_somehow(nri::api::Container& container, nri::api::PodSandbox& pod, unsigned how) {
  constexpr const char* kEnv[] = {"NVIDIA_VISIBLE_DEVICES=all",
                                  "NVIDIA_VISIBLE_DEVICES=0,2",
                                  "NVIDIA_VISIBLE_DEVICES=none",
                                  "CUDA_VERSION=12.4",
                                  "DOCKER_RESOURCE_GPU=1",
                                  "LD_LIBRARY_PATH=:/opt::",
                                  "A=b"};
  container.add_env(kEnv[how % std::size(kEnv)]);
  if (how % 3 == 0) container.add_env("NVIDIA_DRIVER_CAPABILITIES=all");
  if (how % 4 == 0) {
    auto& annotation = *container.add_annotations();
    annotation.set_key("cdi.k8s.io/device");
    annotation.set_value("nvidia.com/gpu=1");
  }
  if (how % 8 == 0) {  // as on CRI-O
    auto& annotation = *container.add_annotations();
    annotation.set_key("io.kubernetes.cri-o.Annotations");
    annotation.set_value(R"({"cdi.k8s.io/device":"nvidia.com/gpu=1"})");
  }
  if (how % 5 == 0) testing::add_annotation(pod, "nvidia.cdi.k8s.io", "nvidia.com/gpu=3");
  if (how % 6 == 0) {
    container.add_mounts()->set_destination("/var/run/nvidia-container-devices/2");
    container.add_mounts()->set_destination("/usr/bin/nvidia-smi/");
  }
  if (how % 11 == 0) container.add_mounts()->set_destination("/proc/nvinject-gate");
  if (how % 7 == 0) {
    auto& device = *container.mutable_linux()->add_devices();
    device.set_path("/dev/nvidia0");
    device.set_type("c");
    device.set_major(195);
  }
}

}  // namespace nvinject::fuzz
