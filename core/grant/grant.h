// SPDX-License-Identifier: Apache-2.0
#pragma once

// STAGE 3, what is allowed: request + who asks + evidence -> Grant. Pure. In two steps:
// evidence_needed says what the door must fetch before anybody can decide, decide_grant decides.

#include <optional>
#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/request/gpu_request.h"

namespace nvinject {

// Who decides for this asker (who_may.h says it for a pod). On Docker and plain runtimes the
// request itself does, as it always did.
enum class Authority {
  kRequest,     // what is asked for is granted
  kAllocation,  // only what the kubelet allocated, which is not what is asked for here: nothing is
                // (allocated_request.h makes an allocation into a request that counts)
};

struct Asker {
  Authority authority = Authority::kRequest;
  bool privileged = false;
};

// What is missing for a decision, and where it is to be had.
enum class Evidence {
  kNothing,
  kProbe,  // brand, architecture, MIG or a UUID that only NVML knows
};

struct GrantedGpu {
  Gpu gpu;
  std::string reason;
  std::vector<MigDevice> mig_devices = {};  // those of the GPU that are granted
  bool operator==(const GrantedGpu&) const = default;
};

struct Grant {
  DeviceScope scope = DeviceScope::kNothing;
  std::vector<GrantedGpu> gpus;  // in PCI order
  CapabilitySet capabilities;
  bool mig_config = false;              // may reconfigure MIG, on all GPUs
  bool mig_monitor = false;             // may watch MIG, on all GPUs
  std::vector<unsigned> imex_channels;  // each is in the inventory
  std::vector<std::string> gates;       // as in ExtraRequests
  Decisions decisions;
  bool operator==(const Grant&) const = default;
};

[[nodiscard]] Evidence evidence_needed(const GpuRequest& request, const Asker& asker,
                                       const Inventory& inventory);

// kDenied: the asker may not have it. kNotFound: a device that is not there. kUnavailable: a broken
// GPU, no driver, an unmet requirement. kUnsupported: something understood that nobody serves yet.
// The message says what was asked, what was found and what to do.
[[nodiscard]] Result<Grant> decide_grant(const GpuRequest& request, const Asker& asker,
                                         const Inventory& inventory);

}  // namespace nvinject
