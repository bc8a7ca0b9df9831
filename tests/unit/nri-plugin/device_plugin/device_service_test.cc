// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/device_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "proto/deviceplugin.grpc.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using testing::Succeeds;
using Stub = v1beta1::DevicePlugin::Stub;

class DeviceServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    state_.offer.gpus = {{.uuid = "GPU-a"}, {.uuid = "GPU-b", .index = 1}};
    service_.set_state(state_);
    ASSERT_THAT(service_.listen(tree_.path("s")), Succeeds());
    stub_ = v1beta1::DevicePlugin::NewStub(
        grpc::CreateChannel("unix:" + tree_.path("s"), grpc::InsecureChannelCredentials()));
  }
  grpc::Status allocate(const std::string& id, v1beta1::AllocateResponse& response) const {
    grpc::ClientContext context;
    v1beta1::AllocateRequest request;
    request.add_container_requests()->add_devices_ids(id);
    return stub_->Allocate(&context, request, &response);
  }

  [[nodiscard]] int calls(KubeletCall call) const { return calls_[static_cast<std::size_t>(call)]; }

  testing::TempTree tree_;
  std::atomic<int> streams_ = 0;
  std::array<std::atomic<int>, 4> calls_{};  // by KubeletCall
  DeviceService service_{
      {.on_watch = [this](bool begins) { streams_ += begins ? 1 : -1; },
       .on_call = [this](KubeletCall call) { ++calls_[static_cast<std::size_t>(call)]; }}};
  DeviceState state_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(DeviceServiceTest, WhatIsNotOfferedIsNotAllocated) {
  v1beta1::AllocateResponse response;
  EXPECT_TRUE(allocate("GPU-a", response).ok());
  ASSERT_EQ(response.container_responses_size(), 1);
  EXPECT_EQ(response.container_responses(0).mounts_size(), 0) << "no gate unless it is wanted";
  EXPECT_EQ(allocate("GPU-c", response).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(calls(KubeletCall::kAllocated), 1);
  EXPECT_EQ(calls(KubeletCall::kAllocationRefused), 1);
}

TEST_F(DeviceServiceTest, ASizeThatIsNoneIsNoReasonToFail) {
  grpc::ClientContext context;
  v1beta1::PreferredAllocationRequest request;
  request.add_container_requests()->set_allocation_size(-1);
  v1beta1::PreferredAllocationResponse response;
  EXPECT_TRUE(stub_->GetPreferredAllocation(&context, request, &response).ok());
  ASSERT_EQ(response.container_responses_size(), 1);
  EXPECT_EQ(response.container_responses(0).deviceids_size(), 0);
}

TEST_F(DeviceServiceTest, WatchersComeAndGoAndAreNotMany) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1beta1::ListAndWatchResponse>>> readers;
  for (int i = 0; i < 20; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(stub_->ListAndWatch(contexts.back().get(), {}));
  }
  EXPECT_TRUE(testing::eventually([this] { return streams_ == 16; }));
  int served = 0;
  v1beta1::ListAndWatchResponse response;
  for (const auto& reader : readers) served += reader->Read(&response) ? 1 : 0;
  EXPECT_EQ(served, 16);
  for (const auto& context : contexts) context->TryCancel();
  EXPECT_TRUE(testing::eventually([this] { return streams_ == 0; }));
}

TEST_F(DeviceServiceTest, ManyChangesEndInTheLastState) {
  grpc::ClientContext context;
  const auto reader = stub_->ListAndWatch(&context, {});
  for (int i = 0; i < 200; ++i) {
    state_.offer.gpus[0].healthy = i % 2 == 0;
    service_.set_state(state_);
  }
  state_.offer.gpus = {{.uuid = "GPU-last"}};
  service_.set_state(state_);
  v1beta1::ListAndWatchResponse response;
  do {
    ASSERT_TRUE(reader->Read(&response));
  } while (response.devices(0).id() != "GPU-last");
  context.TryCancel();
}

TEST_F(DeviceServiceTest, ClosingEndsEveryStream) {
  grpc::ClientContext context;
  const auto reader = stub_->ListAndWatch(&context, {});
  v1beta1::ListAndWatchResponse response;
  ASSERT_TRUE(reader->Read(&response));
  service_.close();
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(streams_, 0);
}

TEST_F(DeviceServiceTest, ItsSocketIsForItsOwnerOnly) {
  struct stat facts{};
  ASSERT_EQ(::stat(tree_.path("s").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  EXPECT_THAT(service_.listen(tree_.path("no/such/place")),
              FailsWith(ErrorCode::kUnavailable, "no/such/place"));
}

}  // namespace
}  // namespace nvinject::nri
