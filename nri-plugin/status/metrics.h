// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Prometheus may ask. Counters are counted as things happen; gauges are set from the status
// report when somebody asks.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/status/status_report.h"

namespace nvinject::nri {

// How a CreateContainer was answered.
enum class RequestOutcome {
  kNone,  // nothing to do with GPUs
  kServed,
  kLeft,    // another injector's, or has its GPUs
  kDenied,  // may not; started without, or refused
  kAudited,
  kRefused,  // cannot be served
  kTimeout,  // refused, because what the decision needs did not come in time
};

// What the kubelet has asked of the device plugin so far.
struct KubeletCalls {
  std::uint64_t registrations = 0;  // ours with it, that succeeded
  std::uint64_t allocated = 0;
  std::uint64_t allocations_refused = 0;  // of devices that are not offered
  std::uint64_t starts_passed = 0;
  std::uint64_t starts_held = 0;  // PreStartContainer: the runtime has not got us
  bool operator==(const KubeletCalls&) const = default;
};

// What others have counted by the time that somebody asks.
struct Totals {
  std::uint64_t lost_log_lines = 0;
  KubeletCalls kubelet;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_request(RequestOutcome outcome, std::chrono::nanoseconds took);
  void count_connection();
  // A question to the kubelet, what it allocated to a container: whether it was answered.
  void count_question(bool answered, std::chrono::nanoseconds took);

  // The text exposition format.
  [[nodiscard]] std::string print(const StatusReport& report, const Totals& totals);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace nvinject::nri
