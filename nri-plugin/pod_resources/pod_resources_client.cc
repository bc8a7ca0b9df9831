// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/pod_resources_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "proto/podresources.grpc.pb.h"

namespace nvinject::nri {
namespace {

using std::chrono::system_clock;

// 110 pods make a tenth of it.
constexpr int kMaxAnswerBytes = 16 << 20;
constexpr std::size_t kMaxMessage = 256;

constexpr std::array kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string describe(const grpc::Status& status) {
  const auto code = static_cast<std::size_t>(status.error_code());
  const std::string name = code < kCodeNames.size() ? kCodeNames[code] : std::to_string(code);
  return name + ": " + escape(status.error_message().substr(0, kMaxMessage));
}

// Kubelets before 1.27 do not know the method; up to 1.33 it is there and switched off.
bool lacks_get(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED ||
         (status.error_code() == grpc::StatusCode::UNKNOWN &&
          status.error_message().find("disabled") != std::string::npos);
}

Allocation gpus_of(const v1::ContainerResources& container) {
  Allocation allocation;
  for (const v1::ContainerDevices& devices : container.devices()) {
    if (!is_gpu_resource(devices.resource_name())) continue;
    for (const std::string& id : devices.device_ids()) add_device(allocation, id);
  }
  return allocation;
}

std::optional<Allocation> allocation_of(const v1::PodResources& pod, const std::string& container) {
  const auto& all = pod.containers();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& one) { return one.name() == container; });
  if (found == all.end()) return std::nullopt;
  return gpus_of(*found);
}

std::string name_of(const ContainerKey& container) {
  return "container " + quote(container.container) + " of pod " +
         quote(container.name_space + "/" + container.pod);
}

std::optional<Allocation> find_pod(const v1::ListPodResourcesResponse& response,
                                   const ContainerKey& container) {
  for (const v1::PodResources& pod : response.pod_resources()) {
    if (pod.name() == container.pod && pod.namespace_() == container.name_space) {
      return allocation_of(pod, container.container);
    }
  }
  return std::nullopt;
}

}  // namespace

struct PodResourcesClient::Parts {
  explicit Parts(std::string the_socket) : socket(std::move(the_socket)) {}

  // Made when it is needed: after a failure gRPC would otherwise refuse for seconds to look whether
  // the kubelet is back.
  v1::PodResourcesLister::Stub& connect() {
    if (!stub) {
      grpc::ChannelArguments arguments;
      arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
      // gRPC would send the path of the socket, which the kubelet's library takes for malformed.
      arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stub = v1::PodResourcesLister::NewStub(grpc::CreateCustomChannel(
          "unix:" + socket, grpc::InsecureChannelCredentials(), arguments));
    }
    return *stub;
  }

  tl::unexpected<Error> failed(const std::string& subject, const grpc::Status& status) {
    stub.reset();
    has_get = true;
    return fail(ErrorCode::kUnavailable, "ask the kubelet at " + quote(socket) + " about " +
                                             subject + ": " + describe(status));
  }

  grpc::Status list(system_clock::time_point deadline, v1::ListPodResourcesResponse& response) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    return connect().List(&context, {}, &response);
  }

  const std::string socket;
  std::unique_ptr<v1::PodResourcesLister::Stub> stub;
  bool has_get = true;  // as far as known
};

PodResourcesClient::PodResourcesClient(std::string socket)
    : parts_(std::make_unique<Parts>(std::move(socket))) {}

PodResourcesClient::~PodResourcesClient() = default;

Result<std::optional<Allocation>> PodResourcesClient::ask(const ContainerKey& container) {
  const auto deadline = system_clock::now() + kPodResourcesDeadline;
  if (parts_->has_get) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    v1::GetPodResourcesRequest request;
    request.set_pod_name(container.pod);
    request.set_pod_namespace(container.name_space);
    v1::GetPodResourcesResponse response;
    const grpc::Status status = parts_->connect().Get(&context, request, &response);
    if (status.ok()) return allocation_of(response.pod_resources(), container.container);
    if (!lacks_get(status)) return parts_->failed(name_of(container), status);
    parts_->has_get = false;
  }
  v1::ListPodResourcesResponse response;
  const grpc::Status status = parts_->list(deadline, response);
  if (!status.ok()) return parts_->failed(name_of(container), status);
  return find_pod(response, container);
}

Result<std::vector<GpuContainer>> PodResourcesClient::list() {
  v1::ListPodResourcesResponse response;
  const grpc::Status status = parts_->list(system_clock::now() + kPodResourcesDeadline, response);
  if (!status.ok()) return parts_->failed("all pods", status);
  std::vector<GpuContainer> found;
  for (const v1::PodResources& pod : response.pod_resources()) {
    for (const v1::ContainerResources& container : pod.containers()) {
      Allocation allocation = gpus_of(container);
      if (allocation.devices.empty()) continue;
      found.push_back({.name_space = pod.namespace_(),
                       .pod = pod.name(),
                       .container = container.name(),
                       .allocation = std::move(allocation)});
    }
  }
  return found;
}

}  // namespace nvinject::nri
