// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a container is called: for logs, metrics and `nvinject who`. Untrusted, printed only
// escaped.

#include <string>

namespace nvinject::nri {

struct ContainerIdentity {
  std::string id;
  std::string name;
  std::string pod_id;
  std::string pod_uid;  // the kubelet's
  std::string pod;
  std::string name_space;
  std::string runtime_handler;  // of the pod's RuntimeClass
  bool operator==(const ContainerIdentity&) const = default;
};

}  // namespace nvinject::nri
