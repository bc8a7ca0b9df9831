// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/health.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/config/nri_config.h"
#include "proto/health.grpc.pb.h"

namespace nvinject::nri {
namespace {

constexpr int kMaxStreams = 8;  // of one connection
constexpr int kHandshakeMilliseconds = 2000;
constexpr int kIdleMilliseconds = 30000;

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class Service final : public Health::Service {
 public:
  void set_serving(bool serving) { serving_ = serving; }
  void beat() { beaten_at_ = Clock::now(); }

  grpc::Status Check(grpc::ServerContext* /*context*/, const HealthCheckRequest* request,
                     HealthCheckResponse* response) override {
    // "" asks for the server as a whole.
    const std::string& service = request->service();
    const bool live = service == "nvinject.live";
    if (!live && !service.empty() && service != "nvinject.nri") {
      return {grpc::StatusCode::NOT_FOUND, "unknown service"};
    }
    const bool well = live ? Clock::now() - beaten_at_.load() < kHealthPatience : serving_.load();
    response->set_status(well ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
    return grpc::Status::OK;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::atomic<bool> serving_ = false;
  std::atomic<Clock::time_point> beaten_at_ = Clock::now();
};

}  // namespace

struct HealthServer::Parts {
  Service service;
  std::unique_ptr<grpc::Server> server;
};

HealthServer::HealthServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HealthServer::~HealthServer() {
  parts_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
}

Result<std::unique_ptr<HealthServer>> HealthServer::start(
    const std::vector<std::string>& addresses) {
  auto parts = std::make_unique<Parts>();
  grpc::ServerBuilder builder;
  std::vector<int> ports(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    builder.AddListeningPort(addresses[i], grpc::InsecureServerCredentials(), &ports[i]);
  }
  builder.RegisterService(&parts->service);
  builder.SetMaxReceiveMessageSize(4096);
  // A probe every few seconds needs no crowd.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // The port is open to the network: who connects and says nothing is not kept.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMilliseconds);
  parts->server = builder.BuildAndStart();
  if (!parts->server) {
    // Those behind the first that failed were not tried.
    const auto failed = std::find(ports.begin(), ports.end(), 0) - ports.begin();
    return fail(ErrorCode::kUnavailable, "listen for health checks on " +
                                             quote(addresses[static_cast<std::size_t>(failed)]) +
                                             ": not possible; is it in use?");
  }
  for (const std::string& address : addresses) {
    const auto path = unix_path_of(address);
    if (path && ::chmod(std::string(*path).c_str(), 0600) != 0) {
      return fail_errno("chmod", *path, errno);
    }
  }
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(parts)));
}

void HealthServer::set_serving(bool serving) { parts_->service.set_serving(serving); }

void HealthServer::beat() { parts_->service.beat(); }

}  // namespace nvinject::nri
