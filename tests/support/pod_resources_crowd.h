// SPDX-License-Identifier: Apache-2.0
#pragma once

// Other clients of a kubelet's PodResources API, monitoring for one, who ask it without a pause:
// all clients of a node share its limit.

#include <string>
#include <thread>

namespace nvinject::testing {

class PodResourcesCrowd {
 public:
  // `socket` as /var/lib/kubelet/pod-resources/kubelet.sock. When this returns its limit is
  // reached.
  explicit PodResourcesCrowd(const std::string& socket);

 private:
  std::jthread thread_;
};

}  // namespace nvinject::testing
