// SPDX-License-Identifier: Apache-2.0
#include "tests/support/grpc_probe.h"

#include <grpcpp/grpcpp.h>

#include "proto/health.grpc.pb.h"

namespace nvinject::testing {

CriResult<bool> is_serving(const std::string& address, std::chrono::milliseconds deadline) {
  using grpc::health::v1::Health;
  using grpc::health::v1::HealthCheckResponse;
  const auto stub =
      Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) {
    return tl::unexpected(CriError{
        .code = status.error_code(), .name = "UNAVAILABLE", .message = status.error_message()});
  }
  return response.status() == HealthCheckResponse::SERVING;
}

}  // namespace nvinject::testing
