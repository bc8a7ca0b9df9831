// SPDX-License-Identifier: Apache-2.0
#pragma once

// nvinject.kubelet of config.toml: where the kubelet of this node has its files; and
// nvinject.device-plugin: what we tell it to have.

#include <string>

namespace nvinject {

struct KubeletConfig {
  // The kubelet's --root-dir, in which it serves the PodResources API.
  std::string root = "/var/lib/kubelet";
  // Not below the root: every kubelet has it here.
  std::string device_plugins = "/var/lib/kubelet/device-plugins";

  [[nodiscard]] std::string pod_resources_socket() const {
    return root + "/pod-resources/kubelet.sock";
  }
  [[nodiscard]] std::string checkpoint() const {
    return device_plugins + "/kubelet_internal_checkpoint";
  }
  bool operator==(const KubeletConfig&) const = default;
};

struct DevicePluginConfig {
  bool enabled = false;
  // So many containers may share a GPU.
  unsigned replicas = 1;
  // Containers with a GPU do not start while we are not there to give it to them.
  bool gate = true;
  bool operator==(const DevicePluginConfig&) const = default;
};

}  // namespace nvinject
