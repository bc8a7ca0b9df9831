// SPDX-License-Identifier: Apache-2.0
#pragma once

// grpc.health.v1.Health for probes. Readiness, the service "" or "nvinject.nri", is what the daemon
// says it is. Liveness, the service "nvinject.live", is that the daemon's loop still turns: no
// runtime, kubelet or GPU that is gone comes back by killing us. gRPC brings threads of its own;
// all they read of ours is a flag and a time.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace nvinject::nri {

inline constexpr std::chrono::seconds kHealthPatience{45};

class HealthServer {
 public:
  // On all of `addresses`, each "HOST:PORT" or "unix:/path" (0600), or on none.
  [[nodiscard]] static Result<std::unique_ptr<HealthServer>> start(
      const std::vector<std::string>& addresses);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  void set_serving(bool serving);
  // The loop turns. Not for this long, and we are not live: kHealthPatience.
  void beat();

 private:
  struct Parts;
  explicit HealthServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::nri
