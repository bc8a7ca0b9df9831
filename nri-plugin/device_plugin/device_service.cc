// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/device_service.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/grant/allocated_request.h"
#include "nri-plugin/device_plugin/allocate.h"
#include "nri-plugin/device_plugin/prefer.h"
#include "proto/deviceplugin.grpc.pb.h"

namespace nvinject::nri {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// A request names devices of one container: kilobytes.
constexpr int kMaxRequestBytes = 1 << 20;
// More than one kubelet has no use for, even while one stream ends and the next begins.
constexpr std::size_t kMaxStreams = 16;

std::vector<std::string> texts(const google::protobuf::RepeatedPtrField<std::string>& from) {
  return {from.begin(), from.end()};
}

void write_devices(const Offer& offer, v1beta1::ListAndWatchResponse& out) {
  out.Clear();
  for (const OfferedDevice& device : devices_of(offer)) {
    v1beta1::Device& one = *out.add_devices();
    one.set_id(device.id);
    one.set_health(device.gpu->healthy ? "Healthy" : "Unhealthy");
    if (device.gpu->numa_node) {
      one.mutable_topology()->add_nodes()->set_id(*device.gpu->numa_node);
    }
  }
}

void write_handout(const Handout& handout, bool gate, v1beta1::ContainerAllocateResponse& out) {
  (*out.mutable_envs())["NVIDIA_VISIBLE_DEVICES"] = handout.visible_devices;
  (*out.mutable_envs())[std::string(kAllocatedVariable)] = handout.visible_devices;
  if (!gate) return;
  v1beta1::Mount& mount = *out.add_mounts();
  mount.set_host_path("/dev/null");
  mount.set_container_path(std::string(kGateDestination));
  mount.set_read_only(true);
}

grpc::Status status_of(const Error& error) {
  const auto code = error.code == ErrorCode::kNotFound ? grpc::StatusCode::NOT_FOUND
                                                       : grpc::StatusCode::INVALID_ARGUMENT;
  return {code, "nvinject: " + error.message};
}

ServerUnaryReactor* finish(CallbackServerContext* context, const grpc::Status& status) {
  ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

}  // namespace

// The service itself. Streams live as long as gRPC needs them, so each holds a share of it.
struct DeviceService::Parts final : v1beta1::DevicePlugin::CallbackService,
                                    std::enable_shared_from_this<DeviceService::Parts> {
  class Stream final : public grpc::ServerWriteReactor<v1beta1::ListAndWatchResponse> {
   public:
    explicit Stream(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
    void OnWriteDone(bool ok) override { parts_->written(*this, ok); }
    void OnCancel() override { parts_->cancelled(*this); }
    void OnDone() override {
      parts_->gone(*this);
      delete this;
    }

    // Of the service's mutex.
    v1beta1::ListAndWatchResponse response;
    std::uint64_t sent = 0;  // the version of the offer that is in `response`
    bool writing = false;    // until OnWriteDone
    bool is_cancelled = false;
    bool finished = false;

   private:
    std::shared_ptr<Parts> parts_;
  };

  ServerUnaryReactor* GetDevicePluginOptions(CallbackServerContext* context,
                                             const v1beta1::Empty* /*request*/,
                                             v1beta1::DevicePluginOptions* response) override {
    response->set_pre_start_required(true);
    response->set_get_preferred_allocation_available(true);
    return finish(context, grpc::Status::OK);
  }

  grpc::ServerWriteReactor<v1beta1::ListAndWatchResponse>* ListAndWatch(
      CallbackServerContext* /*context*/, const v1beta1::Empty* /*request*/) override {
    auto* const stream = new Stream(shared_from_this());
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex);
      streams.insert(stream);
      count = streams.size();
      stream->finished = count > kMaxStreams;
    }
    events.on_watch(true);
    if (count > kMaxStreams) {
      stream->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "nvinject: too many watchers"});
    } else {
      push();
    }
    return stream;
  }

  ServerUnaryReactor* GetPreferredAllocation(
      CallbackServerContext* context, const v1beta1::PreferredAllocationRequest* request,
      v1beta1::PreferredAllocationResponse* response) override {
    const DeviceState now = current();
    for (const auto& one : request->container_requests()) {
      const Choice choice{
          .available = texts(one.available_deviceids()),
          .must_include = texts(one.must_include_deviceids()),
          .size = one.allocation_size() < 0 ? 0U : static_cast<unsigned>(one.allocation_size())};
      auto& answer = *response->add_container_responses();
      for (const std::string& id : prefer(now.offer, choice)) answer.add_deviceids(id);
    }
    return finish(context, grpc::Status::OK);
  }

  // Also while we are not ready: the kubelet would give the whole pod up for good. Its containers
  // wait in PreStartContainer.
  ServerUnaryReactor* Allocate(CallbackServerContext* context,
                               const v1beta1::AllocateRequest* request,
                               v1beta1::AllocateResponse* response) override {
    const DeviceState now = current();
    for (const auto& one : request->container_requests()) {
      const auto handout = allocate(now.offer, texts(one.devices_ids()));
      if (!handout) {
        events.on_call(KubeletCall::kAllocationRefused);
        return finish(context, status_of(handout.error()));
      }
      write_handout(*handout, now.gate, *response->add_container_responses());
    }
    events.on_call(KubeletCall::kAllocated);
    return finish(context, grpc::Status::OK);
  }

  ServerUnaryReactor* PreStartContainer(CallbackServerContext* context,
                                        const v1beta1::PreStartContainerRequest* /*request*/,
                                        v1beta1::PreStartContainerResponse* /*response*/) override {
    const bool ready = current().ready;
    events.on_call(ready ? KubeletCall::kStartPassed : KubeletCall::kStartHeld);
    if (ready) return finish(context, grpc::Status::OK);
    return finish(context,
                  {grpc::StatusCode::UNAVAILABLE,
                   "nvinject is not connected to the container runtime by NRI, or is about "
                   "to end, and without it the container would start without its GPU: the "
                   "kubelet tries again"});
  }

  [[nodiscard]] DeviceState current() const {
    const std::lock_guard lock(mutex);
    return state;
  }

  // To every stream that is idle and behind.
  void push() {
    std::vector<Stream*> behind;
    {
      const std::lock_guard lock(mutex);
      for (Stream* const stream : streams) {
        if (stream->writing || stream->finished || stream->sent == version) continue;
        stream->writing = true;
        stream->sent = version;
        write_devices(state.offer, stream->response);
        behind.push_back(stream);
      }
    }
    // Nobody ends a stream that is being written.
    for (Stream* const stream : behind) stream->StartWrite(&stream->response);
  }

  void written(Stream& stream, bool ok) {
    bool ends = false;
    {
      const std::lock_guard lock(mutex);
      stream.writing = false;
      ends = (!ok || stream.is_cancelled) && !stream.finished;
      stream.finished = stream.finished || ends;
    }
    if (ends) {
      stream.Finish(grpc::Status::CANCELLED);
    } else {
      push();
    }
  }

  void cancelled(Stream& stream) {
    bool ends = false;
    {
      const std::lock_guard lock(mutex);
      stream.is_cancelled = true;
      ends = !stream.writing && !stream.finished;
      stream.finished = stream.finished || ends;
    }
    if (ends) stream.Finish(grpc::Status::CANCELLED);
  }

  void gone(Stream& stream) {
    {
      const std::lock_guard lock(mutex);
      streams.erase(&stream);
    }
    events.on_watch(false);
  }

  DeviceServiceEvents events;
  std::unique_ptr<grpc::Server> server;
  mutable std::mutex mutex;  // of the rest
  DeviceState state;
  std::uint64_t version = 1;  // of the offer
  std::set<Stream*> streams;
};

DeviceService::DeviceService(DeviceServiceEvents events) : parts_(std::make_shared<Parts>()) {
  parts_->events = std::move(events);
}

DeviceService::~DeviceService() { close(); }

Result<void> DeviceService::listen(const std::string& socket) {
  close();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(parts_.get());
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  parts_->server = builder.BuildAndStart();
  if (!parts_->server || port == 0) {
    parts_->server.reset();
    return fail(ErrorCode::kUnavailable, "listen for the kubelet on " + quote(socket) +
                                             ": not possible; is its directory there, and ours to "
                                             "write?");
  }
  if (::chmod(socket.c_str(), 0600) != 0) return fail_errno("chmod", socket, errno);
  return {};
}

void DeviceService::close() {
  if (!parts_->server) return;
  parts_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  parts_->server.reset();
}

void DeviceService::set_state(DeviceState state) {
  {
    const std::lock_guard lock(parts_->mutex);
    if (!(parts_->state.offer == state.offer)) ++parts_->version;
    parts_->state = std::move(state);
  }
  parts_->push();
}

}  // namespace nvinject::nri
