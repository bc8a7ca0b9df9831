// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pod_resources_crowd.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <future>
#include <memory>
#include <stop_token>

#include "proto/podresources.grpc.pb.h"

namespace nvinject::testing {
namespace {

// Ten times what the kubelet answers.
constexpr std::chrono::milliseconds kPause{1};
constexpr std::chrono::seconds kAskPatience{1};

bool is_refused(v1::PodResourcesLister::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kAskPatience);
  v1::GetPodResourcesResponse response;
  const grpc::Status status = stub.Get(&context, {}, &response);
  return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

}  // namespace

PodResourcesCrowd::PodResourcesCrowd(const std::string& socket) {
  std::promise<void> reached;
  auto until_reached = reached.get_future();
  thread_ =
      std::jthread([socket, reached = std::move(reached)](const std::stop_token& stop) mutable {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        const auto stub = v1::PodResourcesLister::NewStub(grpc::CreateCustomChannel(
            "unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
        bool told = false;
        while (!stop.stop_requested()) {
          if (is_refused(*stub) && !told) {
            reached.set_value();
            told = true;
          }
          std::this_thread::sleep_for(kPause);
        }
        if (!told) reached.set_value();
      });
  until_reached.wait();
}

}  // namespace nvinject::testing
