// SPDX-License-Identifier: Apache-2.0
#pragma once

// By what the kubelet knows a container. All of it comes from the runtime, and so from the kubelet.

#include <string>

namespace nvinject::nri {

struct ContainerKey {
  std::string name_space;
  std::string pod;
  std::string pod_uid;  // only the checkpoint has it
  std::string container;
  bool operator==(const ContainerKey&) const = default;
};

}  // namespace nvinject::nri
