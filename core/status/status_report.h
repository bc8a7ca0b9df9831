// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the NRI plugin tells about itself on its status socket, and how: one JSON document for each
// client that connects, then the end. `nvinject who` and `nvinject audit` read it. A value; no
// socket in it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

// What became of a container that has to do with GPUs.
enum class ContainerOutcome {
  kServed,   // it got what it asked for
  kLeft,     // it has GPUs that somebody else gave it, or belongs to another injector
  kDenied,   // it may not have what it asked for, and runs without
  kAudited,  // enforce = "audit": nothing was changed
  kWithout,  // it should have GPUs and runs without: it was created while no plugin was connected
};

struct ContainerStatus {
  std::string id;
  std::string name;
  std::string pod;
  std::string name_space;
  std::string asked;   // "0,3", "all"; empty when it asked for nothing
  std::string source;  // what asked, as in GpuRequest
  ContainerOutcome outcome = ContainerOutcome::kServed;
  std::vector<unsigned> gpus;       // indices of the GPUs whose nodes it has
  std::vector<unsigned> would_get;  // kAudited and kWithout: what it would have got
  std::string reason;
  bool operator==(const ContainerStatus&) const = default;
};

struct GpuStatus {
  unsigned index = 0;
  std::string uuid;
  std::string model;
  std::string problem;  // why it can be given to nobody; empty when it can
  bool mig = false;     // in MIG mode: its MIG devices can be given, itself not
  // As a device plugin: why the kubelet is not to allocate it, though nothing is wrong with it as
  // far as the node shows; empty when it may.
  std::string kept_back;
  bool operator==(const GpuStatus&) const = default;
};

// Who waits for the driver's word that a GPU has failed (Xid events).
enum class XidWatch {
  kNobody,
  kWatched,
  kReleased,  // let go of, so that somebody can reset or reconfigure GPUs
};

// What the kubelet has of us; only as a device plugin.
struct KubeletStatus {
  std::string resource;     // "nvidia.com/gpu"
  bool registered = false;  // and it watches our devices
  unsigned replicas = 1;    // of each GPU
  unsigned devices = 0;     // offered, replicas counted
  unsigned healthy = 0;     // of them
  std::string problem;      // why the last registration failed; empty when it did not
  XidWatch xid_watch = XidWatch::kNobody;
  bool operator==(const KubeletStatus&) const = default;
};

struct StatusReport {
  bool registered = false;
  bool synchronised = false;
  std::string runtime;  // "containerd 2.1.9"; empty before it said so
  std::string mode;     // policy: "allocated", "env"
  std::string enforce;  // policy: "audit", "warn", "deny"
  std::string driver_version;
  std::uint64_t inventory_generation = 0;
  std::optional<KubeletStatus> kubelet;
  std::vector<GpuStatus> gpus;
  std::vector<ContainerStatus> containers;
  bool operator==(const StatusReport&) const = default;
};

// Thousands of containers, each with a long reason; whoever reads a report stops there.
inline constexpr std::size_t kMaxStatusBytes = std::size_t{16} << 20U;

// The words of the report: "served", "left", "denied", "audited", "without".
[[nodiscard]] std::string_view to_string(ContainerOutcome outcome);
// "nobody", "watched", "released".
[[nodiscard]] std::string_view to_string(XidWatch watch);

[[nodiscard]] std::string print_status(const StatusReport& report);
// kInvalidRequest: not a report of this version, or too long a one. Members that are not known are
// passed over: the plugin may be newer.
[[nodiscard]] Result<StatusReport> parse_status(std::string_view text);

}  // namespace nvinject
