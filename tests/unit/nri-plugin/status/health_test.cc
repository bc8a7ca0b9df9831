// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/health.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include "proto/health.grpc.pb.h"
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
    auto server = HealthServer::start(address_);
    ASSERT_THAT(server, Succeeds());
    server_ = *std::move(server);
  }
  grpc::Status check(const std::string& service, HealthCheckResponse& response) const {
    const auto stub =
        Health::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    HealthCheckRequest request;
    request.set_service(service);
    return stub->Check(&context, request, &response);
  }
  [[nodiscard]] HealthCheckResponse::ServingStatus state(const std::string& service = "") const {
    HealthCheckResponse response;
    const grpc::Status status = check(service, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
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
  EXPECT_EQ(check("somebody.else", response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServerTest, ItsSocketIsForItsOwnerOnly) {
  struct stat facts{};
  ASSERT_EQ(::stat(tree_.path("health.sock").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

TEST_F(HealthServerTest, AnAddressThatCannotBeHadIsAnError) {
  EXPECT_THAT(HealthServer::start("unix:" + tree_.path("no/such/directory/s")),
              FailsWith(ErrorCode::kUnavailable, "no/such/directory"));
}

}  // namespace
}  // namespace nvinject::nri
