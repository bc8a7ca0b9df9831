// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kubelet's calls to us, answered (reference: Kubernetes, "Device plugin API"): a gRPC server
// on one socket. The offer and whether containers may start come from the loop's thread at any
// time.
//
// gRPC brings threads of its own; none of them waits for anything of ours.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "nri-plugin/device_plugin/offer.h"

namespace nvinject::nri {

// What the kubelet hears. Values, set from one thread and read by gRPC's.
struct DeviceState {
  Offer offer;
  // Allocate also hands out the gate (core/grant/allocated_request.h).
  bool gate = false;
  // Containers may start: we are there to give them their GPUs.
  bool ready = false;
  bool operator==(const DeviceState&) const = default;
};

// What the kubelet has asked, and how it was answered.
enum class KubeletCall {
  kAllocated,
  kAllocationRefused,
  kStartPassed,
  kStartHeld,
};

// Both are called from threads of gRPC's.
struct DeviceServiceEvents {
  std::function<void(bool begins)> on_watch;  // the kubelet begins to watch our devices, or ends
  std::function<void(KubeletCall call)> on_call;
};

class DeviceService {
 public:
  explicit DeviceService(DeviceServiceEvents events);
  ~DeviceService();
  DeviceService(const DeviceService&) = delete;
  DeviceService& operator=(const DeviceService&) = delete;

  // Listens on `socket` (0600), in place of where it listened before. kUnavailable when it cannot.
  [[nodiscard]] Result<void> listen(const std::string& socket);
  void close();

  void set_state(DeviceState state);

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace nvinject::nri
