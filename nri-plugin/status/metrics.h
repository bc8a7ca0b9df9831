// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Prometheus may ask. Counters are counted as things happen; gauges are set from the status
// report when somebody asks.

#include <chrono>
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

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count_request(RequestOutcome outcome, std::chrono::nanoseconds took);
  void count_connection();

  // The text exposition format.
  [[nodiscard]] std::string print(const StatusReport& report, std::uint64_t lost_log_lines);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace nvinject::nri
