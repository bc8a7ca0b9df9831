// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which requests are taken up: the keys of config.toml that concern stage 1.

#include <string>
#include <vector>

#include "core/request/capability.h"

namespace nvinject {

struct AcceptRules {
  // accept-nvidia-visible-devices-envvar-when-unprivileged
  bool env_when_unprivileged = true;
  // accept-nvidia-visible-devices-as-volume-mounts
  bool volume_mounts = false;
  // swarm-resource: those of them that are set replace NVIDIA_VISIBLE_DEVICES
  std::vector<std::string> swarm_resources;
  // supported-driver-capabilities
  CapabilitySet supported = CapabilitySet::all();
  // disable-require
  bool disable_require = false;
  // features.ignore-imex-channel-requests
  bool ignore_imex_channels = false;
  // nvidia-container-runtime.modes.cdi.annotation-prefixes
  std::vector<std::string> annotation_prefixes = {"cdi.k8s.io/"};

  // nvinject.policy.pod-annotations: which annotations of pods are requests. Whoever may make a pod
  // writes them, so none counts unless it is named.
  std::vector<std::string> pod_annotation_keys;

  bool operator==(const AcceptRules&) const = default;
};

}  // namespace nvinject
