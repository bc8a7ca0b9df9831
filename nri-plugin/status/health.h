// SPDX-License-Identifier: Apache-2.0
#pragma once

// grpc.health.v1.Health for probes: serving means registered with the runtime and synchronised,
// nothing else. gRPC brings threads of its own; all they read of ours is one flag.

#include <memory>
#include <string>

#include "core/base/result.h"

namespace nvinject::nri {

class HealthServer {
 public:
  // "HOST:PORT" or "unix:/path" (0600).
  [[nodiscard]] static Result<std::unique_ptr<HealthServer>> start(const std::string& address);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  void set_serving(bool serving);

 private:
  struct Parts;
  explicit HealthServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::nri
