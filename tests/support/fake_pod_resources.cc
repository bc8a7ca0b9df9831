// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_pod_resources.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "proto/podresources.grpc.pb.h"

namespace nvinject::testing {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr double kCallsPerSecond = 100;
constexpr double kBurst = 10;

void write_pod(const FakePod& pod, v1::PodResources& out) {
  out.set_name(pod.name);
  out.set_namespace_(pod.name_space);
  for (const FakeContainer& container : pod.containers) {
    if (container.kind == ContainerKind::kInit) continue;
    v1::ContainerResources& resources = *out.add_containers();
    resources.set_name(container.name);
    for (const auto& [resource, ids] : container.devices) {
      v1::ContainerDevices& devices = *resources.add_devices();
      devices.set_resource_name(resource);
      for (const std::string& id : ids) devices.add_device_ids(id);
    }
  }
}

}  // namespace

struct FakePodResources::Parts final : v1::PodResourcesLister::Service {
  explicit Parts(std::string the_socket) : socket(std::move(the_socket)) {}

  grpc::Status List(grpc::ServerContext* /*context*/,
                    const v1::ListPodResourcesRequest* /*request*/,
                    v1::ListPodResourcesResponse* response) override {
    if (auto status = begin(&PodResourcesCalls::list); !status.ok()) return status;
    const std::lock_guard lock(mutex);
    for (const FakePod& pod : pods) write_pod(pod, *response->add_pod_resources());
    return grpc::Status::OK;
  }

  grpc::Status Get(grpc::ServerContext* /*context*/, const v1::GetPodResourcesRequest* request,
                   v1::GetPodResourcesResponse* response) override {
    if (auto status = begin(&PodResourcesCalls::get); !status.ok()) return status;
    const std::lock_guard lock(mutex);
    if (behaviour.get == PodResourcesBehaviour::Get::kUnimplemented) {
      return {grpc::StatusCode::UNIMPLEMENTED, "unknown method Get"};
    }
    if (behaviour.get == PodResourcesBehaviour::Get::kDisabled) {
      return {grpc::StatusCode::UNKNOWN, "Pod Resources API Get method disabled"};
    }
    const auto pod = std::find_if(pods.begin(), pods.end(), [&](const FakePod& one) {
      return one.name == request->pod_name() && one.name_space == request->pod_namespace();
    });
    if (pod == pods.end()) return {grpc::StatusCode::UNKNOWN, "pod not found"};
    write_pod(*pod, *response->mutable_pod_resources());
    return grpc::Status::OK;
  }

  // Counts the call, and makes it as slow or as bad as asked for.
  grpc::Status begin(unsigned PodResourcesCalls::* count) {
    std::chrono::milliseconds delay{0};
    int failure = 0;
    {
      const std::lock_guard lock(mutex);
      ++(calls.*count);
      if (behaviour.rate_limited && !take_token()) {
        ++calls.refused;
        return {grpc::StatusCode::RESOURCE_EXHAUSTED, "rejected by rate limit"};
      }
      delay = behaviour.delay;
      failure = behaviour.failure;
    }
    std::this_thread::sleep_for(delay);
    if (failure == 0) return grpc::Status::OK;
    return {static_cast<grpc::StatusCode>(failure), "as the test wants"};
  }

  bool take_token() {
    const steady_clock::time_point now = steady_clock::now();
    const std::chrono::duration<double> passed = now - filled_at;
    tokens = std::min(kBurst, tokens + passed.count() * kCallsPerSecond);
    filled_at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }

  const std::string socket;
  std::unique_ptr<grpc::Server> server;
  mutable std::mutex mutex;  // of the rest
  PodResourcesBehaviour behaviour;
  PodResourcesCalls calls;
  std::vector<FakePod> pods;
  double tokens = kBurst;
  steady_clock::time_point filled_at = steady_clock::now();
};

FakePodResources::FakePodResources(std::string socket)
    : parts_(std::make_unique<Parts>(std::move(socket))) {}

FakePodResources::~FakePodResources() { stop(); }

void FakePodResources::start() {
  ::unlink(parts_->socket.c_str());
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + parts_->socket, grpc::InsecureServerCredentials());
  builder.RegisterService(parts_.get());
  parts_->server = builder.BuildAndStart();
  if (!parts_->server) throw std::runtime_error("serve PodResources on " + parts_->socket);
}

void FakePodResources::stop() {
  if (!parts_->server) return;
  parts_->server->Shutdown(system_clock::now());
  parts_->server.reset();
}

void FakePodResources::set_behaviour(PodResourcesBehaviour behaviour) {
  const std::lock_guard lock(parts_->mutex);
  parts_->behaviour = behaviour;
}

void FakePodResources::set_pods(std::vector<FakePod> pods) {
  const std::lock_guard lock(parts_->mutex);
  parts_->pods = std::move(pods);
}

const std::string& FakePodResources::socket() const { return parts_->socket; }

PodResourcesCalls FakePodResources::calls() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->calls;
}

}  // namespace nvinject::testing
