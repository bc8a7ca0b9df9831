// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/health.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include "proto/health.grpc.pb.h"
#include "tests/support/free_port.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::FailsWith;
using testing::Succeeds;

class HealthServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = HealthServer::start({address_});
    ASSERT_THAT(server, Succeeds());
    server_ = *std::move(server);
  }
  static grpc::Status check(const std::string& address, const std::string& service,
                            HealthCheckResponse& response) {
    const auto stub =
        Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    HealthCheckRequest request;
    request.set_service(service);
    return stub->Check(&context, request, &response);
  }
  static HealthCheckResponse::ServingStatus state_at(const std::string& address,
                                                     const std::string& service = "") {
    HealthCheckResponse response;
    const grpc::Status status = check(address, service, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }
  [[nodiscard]] HealthCheckResponse::ServingStatus state(const std::string& service = "") const {
    return state_at(address_, service);
  }

  testing::TempTree tree_;
  std::string address_ = "unix:" + tree_.path("health.sock");
  std::unique_ptr<HealthServer> server_;
};

TEST_F(HealthServerTest, IsNotServingUntilItIsSaid) {
  EXPECT_EQ(state(), HealthCheckResponse::NOT_SERVING);
  server_->set_serving(true);
  EXPECT_EQ(state(), HealthCheckResponse::SERVING);
  EXPECT_EQ(state("nvinject.nri"), HealthCheckResponse::SERVING);
  server_->set_serving(false);
  EXPECT_EQ(state(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServerTest, IsLiveWhoeverIsGone) {
  EXPECT_EQ(state("nvinject.live"), HealthCheckResponse::SERVING);
  server_->set_serving(false);
  server_->beat();
  EXPECT_EQ(state("nvinject.live"), HealthCheckResponse::SERVING);
}

TEST_F(HealthServerTest, OtherServicesAreNotKnown) {
  HealthCheckResponse response;
  EXPECT_EQ(check(address_, "somebody.else", response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServerTest, ItsSocketIsForItsOwnerOnly) {
  struct stat facts{};
  ASSERT_EQ(::stat(tree_.path("health.sock").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

// The kubelet probes a port; whoever is on the node need not go by the network.
TEST_F(HealthServerTest, ServesAPortAndASocketAtOnce) {
  const std::string socket = "unix:" + tree_.path("both.sock");
  const std::string port = "127.0.0.1:" + std::to_string(testing::free_port());
  auto server = HealthServer::start({port, socket});
  ASSERT_THAT(server, Succeeds());
  (*server)->set_serving(true);
  EXPECT_EQ(state_at(port), HealthCheckResponse::SERVING);
  EXPECT_EQ(state_at(socket), HealthCheckResponse::SERVING);
  (*server)->set_serving(false);
  EXPECT_EQ(state_at(port), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(state_at(socket), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServerTest, AnAddressThatCannotBeHadIsAnError) {
  const std::string good = "unix:" + tree_.path("good.sock");
  const std::string bad = "unix:" + tree_.path("no/such/directory/s");
  EXPECT_THAT(HealthServer::start({bad}), FailsWith(ErrorCode::kUnavailable, "no/such/directory"));
  EXPECT_THAT(HealthServer::start({good, bad}),
              FailsWith(ErrorCode::kUnavailable, "no/such/directory"));
}

}  // namespace
}  // namespace nvinject::nri
