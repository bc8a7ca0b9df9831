// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks the kubelet what it allocated to a container: its PodResources API, of which all clients of
// a node share a hundred calls a second. One question, one call (two where the kubelet is older
// than 1.34), no second try: the kubelet itself tries a container again.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/grant/allocation.h"
#include "nri-plugin/pod_resources/container_key.h"

namespace nvinject::nri {

inline constexpr std::chrono::milliseconds kPodResourcesDeadline{300};

// One that has been allocated GPUs.
struct GpuContainer {
  std::string name_space;
  std::string pod;
  std::string container;
  Allocation allocation;
  bool operator==(const GpuContainer&) const = default;
};

class PodResourcesClient {
 public:
  // `socket` as /var/lib/kubelet/pod-resources/kubelet.sock; it need not be there yet.
  explicit PodResourcesClient(std::string socket);
  ~PodResourcesClient();
  PodResourcesClient(const PodResourcesClient&) = delete;
  PodResourcesClient& operator=(const PodResourcesClient&) = delete;

  // Nothing for a container of which the kubelet does not tell: an init container, or one that it
  // does not know. Waits no longer than kPodResourcesDeadline. kUnavailable: no answer.
  [[nodiscard]] Result<std::optional<Allocation>> ask(const ContainerKey& container);
  // All of the node, without init containers. As ask, otherwise.
  [[nodiscard]] Result<std::vector<GpuContainer>> list();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::nri
