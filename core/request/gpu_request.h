// SPDX-License-Identifier: Apache-2.0
#pragma once

// STAGE 1, what is asked: container facts -> GpuRequest. Pure. This module knows the syntax of
// requests and their precedence (reference: NVIDIA Container Toolkit, "Inputs that request
// devices"); it refuses to know what the machine has and who may have it.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/request/accept_rules.h"
#include "core/request/capability.h"
#include "core/request/container_facts.h"
#include "core/request/device_id.h"

namespace nvinject {

enum class DeviceScope {
  kNothing,     // no GPU is asked for: the container is none of our business
  kDriverOnly,  // "none": libraries, programs and control nodes, no GPU
  kListed,      // `devices`
  kAll,
};

// One NVIDIA_REQUIRE_… expression. All of a request must hold (requirement.h evaluates).
struct Requirement {
  std::string variable;  // where it came from
  std::string expression;
  bool operator==(const Requirement&) const = default;
};

// What only some classic modes offer. Parsed into values; `grant` decides whether it can be served.
struct ExtraRequests {
  std::string mig_config;   // NVIDIA_MIG_CONFIG_DEVICES
  std::string mig_monitor;  // NVIDIA_MIG_MONITOR_DEVICES
  // NVIDIA_IMEX_CHANNELS or volume mounts: plain numbers below 2^20, without duplicates.
  std::vector<std::string> imex_channels;
  std::vector<std::string> gates;  // variables set to "enabled": NVIDIA_GDS, NVIDIA_MOFED, …
  bool operator==(const ExtraRequests&) const = default;
};

struct GpuRequest {
  DeviceScope scope = DeviceScope::kNothing;
  std::vector<DeviceId> devices;  // kListed only: in order, without duplicates
  // What asked: "annotations", the key of a pod's annotation, "volume mounts" or a variable. That
  // is CUDA_VERSION where a legacy image asks by naming no devices.
  std::string source;
  CapabilitySet capabilities;
  std::vector<Requirement> requirements;  // empty when switched off
  ExtraRequests extras;
  Decisions decisions;  // what was asked and not taken up, and why

  // What is asked for, as it is written: {"all"}, {"none"}, the listed ids, or nothing.
  [[nodiscard]] std::vector<std::string> words() const;
  [[nodiscard]] bool empty() const { return scope == DeviceScope::kNothing; }
  // Every device is named in the way of CDI: the classic tools then switch to mode "cdi".
  [[nodiscard]] bool only_cdi_names() const;
  bool operator==(const GpuRequest&) const = default;
};

// kInvalidRequest: a malformed or forbidden request, with the variable and its value in the
// message. A container that asks for no device is never an error, whatever else its variables say.
[[nodiscard]] Result<GpuRequest> parse_request(const ContainerFacts& facts,
                                               const AcceptRules& rules);

// A request before it is parsed, for those who explain why it cannot be: scope, source, and the
// words of the device list as they are. Never fails.
[[nodiscard]] GpuRequest outline_request(const ContainerFacts& facts, const AcceptRules& rules);

}  // namespace nvinject
