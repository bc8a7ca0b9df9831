// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/registration.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <mutex>

#include "core/base/text.h"
#include "proto/deviceplugin.grpc.pb.h"

namespace nvinject::nri {
namespace {

// The kubelet takes up to ten to connect back.
constexpr std::chrono::seconds kDeadline{12};
constexpr std::size_t kMaxMessage = 256;

}  // namespace

struct Registration::Parts {
  std::mutex mutex;  // of the rest
  grpc::ClientContext* running = nullptr;
  bool is_cancelled = false;
};

Registration::Registration() : parts_(std::make_unique<Parts>()) {}

Registration::~Registration() = default;

Result<void> Registration::call(const std::string& kubelet_socket, const std::string& endpoint,
                                const std::string& resource) {
  grpc::ChannelArguments arguments;
  // gRPC would send the path of the socket, which the kubelet's library takes for malformed.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  // The kubelet of a moment ago, which has gone, says nothing about this one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1beta1::Registration::NewStub(grpc::CreateCustomChannel(
      "unix:" + kubelet_socket, grpc::InsecureChannelCredentials(), arguments));
  v1beta1::RegisterRequest request;
  request.set_version("v1beta1");
  request.set_endpoint(endpoint);
  request.set_resource_name(resource);
  request.mutable_options()->set_pre_start_required(true);
  request.mutable_options()->set_get_preferred_allocation_available(true);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->is_cancelled) return fail(ErrorCode::kUnavailable, "register: we are ending");
    parts_->running = &context;
  }
  v1beta1::Empty response;
  const grpc::Status status = stub->Register(&context, request, &response);
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->running = nullptr;
  }
  if (status.ok()) return {};
  return fail(ErrorCode::kUnavailable, "register " + resource + " with the kubelet at " +
                                           quote(kubelet_socket) + ": " +
                                           escape(status.error_message().substr(0, kMaxMessage)));
}

void Registration::cancel() {
  const std::lock_guard lock(parts_->mutex);
  parts_->is_cancelled = true;
  if (parts_->running != nullptr) parts_->running->TryCancel();
}

}  // namespace nvinject::nri
