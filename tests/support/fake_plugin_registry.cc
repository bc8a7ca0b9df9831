// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_plugin_registry.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "proto/deviceplugin.grpc.pb.h"

namespace nvinject::testing {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kDialPatience{10};
constexpr seconds kCallPatience{30};
// How much later than its connection is closed a plugin is marked as stopped by a kubelet that is
// late: shorter than any plugin should wait before it registers again.
constexpr std::chrono::milliseconds kLateMark{300};
constexpr std::chrono::milliseconds kLook{5};

std::vector<std::string> texts(const google::protobuf::RepeatedPtrField<std::string>& from) {
  return {from.begin(), from.end()};
}

Allocated read_allocated(const v1beta1::ContainerAllocateResponse& from) {
  Allocated to;
  to.env = {from.envs().begin(), from.envs().end()};
  to.annotations = {from.annotations().begin(), from.annotations().end()};
  for (const auto& mount : from.mounts()) {
    to.mounts.push_back({.source = mount.host_path(),
                         .destination = mount.container_path(),
                         .read_only = mount.read_only()});
  }
  for (const auto& device : from.devices()) to.devices.push_back(device.host_path());
  for (const auto& device : from.cdi_devices()) to.cdi_devices.push_back(device.name());
  to.response = from.SerializeAsString();
  return to;
}

void remove_sockets(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_socket()) std::filesystem::remove(entry.path());
  }
}

// One plugin that has registered.
class Endpoint {
 public:
  explicit Endpoint(const std::string& socket) {
    grpc::ChannelArguments arguments;
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
    // A socket of the same name may have been another one a moment ago.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ =
        grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
    stub_ = v1beta1::DevicePlugin::NewStub(channel_);
  }
  ~Endpoint() { end(); }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  grpc::Status begin() {
    if (!channel_->WaitForConnected(system_clock::now() + kDialPatience)) {
      return {grpc::StatusCode::UNAVAILABLE, "failed to dial device plugin"};
    }
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + kCallPatience);
    v1beta1::DevicePluginOptions options;
    if (auto status = stub_->GetDevicePluginOptions(&context, {}, &options); !status.ok()) {
      return status;
    }
    options_ = {.pre_start_required = options.pre_start_required(),
                .preferred_allocation = options.get_preferred_allocation_available()};
    return grpc::Status::OK;
  }
  // `on_end` is called when the stream of devices has ended, in a thread of the endpoint's.
  void watch(std::function<void()> on_end) {
    watch_ = std::thread([this, done = std::move(on_end)] {
      watch_devices();
      done();
    });
  }
  // Closes the connection.
  void hang_up() { watch_context_.TryCancel(); }
  void end() {
    hang_up();
    if (watch_.joinable()) watch_.join();
  }
  // For good: no call is made any more.
  void mark_stopped() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (FakeDevice& device : devices_) device.healthy = false;
  }

  [[nodiscard]] PluginOptions options() const { return options_; }
  [[nodiscard]] std::vector<FakeDevice> devices() const {
    const std::lock_guard lock(mutex_);
    return devices_;
  }

  template <class Request, class Response>
  KubeletResult<Response> call(grpc::Status (v1beta1::DevicePlugin::Stub::*method)(
                                   grpc::ClientContext*, const Request&, Response*),
                               const Request& request) const {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return tl::unexpected(std::string("endpoint has been stopped"));
    }
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + kCallPatience);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return tl::unexpected("rpc error: " + status.error_message());
    return response;
  }

 private:
  void watch_devices() {
    const auto reader = stub_->ListAndWatch(&watch_context_, {});
    v1beta1::ListAndWatchResponse response;
    while (reader->Read(&response)) {
      std::vector<FakeDevice> devices;
      for (const v1beta1::Device& device : response.devices()) {
        FakeDevice& one = devices.emplace_back();
        one.id = device.id();
        one.healthy = device.health() == "Healthy";
        for (const auto& node : device.topology().nodes()) one.numa_nodes.push_back(node.id());
      }
      const std::lock_guard lock(mutex_);
      devices_ = std::move(devices);
    }
    (void)reader->Finish();
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1beta1::DevicePlugin::Stub> stub_;
  grpc::ClientContext watch_context_;
  PluginOptions options_;
  mutable std::mutex mutex_;  // of the next two
  std::vector<FakeDevice> devices_;
  bool stopped_ = false;
  std::thread watch_;
};

}  // namespace

struct FakePluginRegistry::Parts final : v1beta1::Registration::Service {
  explicit Parts(std::string the_directory) : directory(std::move(the_directory)) {}

  grpc::Status Register(grpc::ServerContext* /*context*/, const v1beta1::RegisterRequest* request,
                        v1beta1::Empty* /*response*/) override {
    if (request->version() != "v1beta1") {
      return {grpc::StatusCode::UNKNOWN, "requested API version is not supported by kubelet"};
    }
    if (request->endpoint().empty() || request->endpoint().find('/') != std::string::npos) {
      return {grpc::StatusCode::UNKNOWN, "invalid endpoint"};
    }
    const std::string& name = request->resource_name();
    auto endpoint = std::make_shared<Endpoint>(directory + "/" + request->endpoint());
    {
      const std::lock_guard lock(mutex);
      clients[name] = endpoint;
      all.push_back(endpoint);
    }
    const grpc::Status begun = endpoint->begin();
    const std::lock_guard lock(mutex);
    if (!begun.ok()) {
      if (clients[name] == endpoint) clients.erase(name);
      return begun;
    }
    endpoints[name] = endpoint;
    ++registrations[name];
    if (std::exchange(drops_next, false)) {
      clients.erase(name);
      endpoint->mark_stopped();
    } else {
      endpoint->watch([this, name, ended = endpoint.get()] { on_end(name, ended); });
    }
    return grpc::Status::OK;
  }

  // A stream has ended: whoever has the name by now is let go.
  void on_end(const std::string& name, const Endpoint* ended) {
    std::unique_lock lock(mutex);
    const bool late = lateness == Lateness::kNext && find_in(clients, name).get() == ended;
    if (late) lateness = Lateness::kNow;
    const auto has_come_again = [&] {
      const auto now = find_in(endpoints, name);
      return now != nullptr && now.get() != ended && !now->devices().empty();
    };
    while (late && !ending && !has_come_again()) changed.wait_for(lock, kLook);
    if (!ending) disconnect(lock, name, late);
    if (late) lateness = Lateness::kNot;
  }

  void disconnect(std::unique_lock<std::mutex>& lock, const std::string& name, bool late) {
    const auto client = find_in(clients, name);
    if (client == nullptr) return;
    clients.erase(name);
    client->hang_up();
    const auto deadline = std::chrono::steady_clock::now() + kLateMark;
    while (late && !ending && find_in(endpoints, name) == client &&
           std::chrono::steady_clock::now() < deadline) {
      changed.wait_for(lock, kLook);
    }
    if (const auto marked = find_in(endpoints, name)) marked->mark_stopped();
  }

  using ByName = std::map<std::string, std::shared_ptr<Endpoint>>;
  [[nodiscard]] static std::shared_ptr<Endpoint> find_in(const ByName& all,
                                                         const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::shared_ptr<Endpoint> find(const std::string& resource) const {
    const std::lock_guard lock(mutex);
    return find_in(endpoints, resource);
  }

  template <class Request, class Response>
  KubeletResult<Response> call(const std::string& resource,
                               grpc::Status (v1beta1::DevicePlugin::Stub::*method)(
                                   grpc::ClientContext*, const Request&, Response*),
                               const Request& request) const {
    const auto endpoint = find(resource);
    if (endpoint == nullptr) return tl::unexpected("endpoint not found for " + resource);
    return endpoint->call(method, request);
  }

  const std::string directory;
  std::unique_ptr<grpc::Server> server;
  mutable std::mutex mutex;  // of the rest
  std::condition_variable changed;
  ByName clients;                              // whose connection it has
  ByName endpoints;                            // whom it would call, also one that has been stopped
  std::vector<std::shared_ptr<Endpoint>> all;  // since the start
  std::map<std::string, unsigned> registrations;
  enum class Lateness { kNot, kNext, kNow } lateness = Lateness::kNot;
  bool drops_next = false;
  bool ending = false;
};

FakePluginRegistry::FakePluginRegistry(std::string directory)
    : parts_(std::make_unique<Parts>(std::move(directory))) {}

FakePluginRegistry::~FakePluginRegistry() { stop(); }

void FakePluginRegistry::start() {
  remove_sockets(parts_->directory);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + parts_->directory + "/kubelet.sock",
                           grpc::InsecureServerCredentials());
  builder.RegisterService(parts_.get());
  parts_->server = builder.BuildAndStart();
  if (!parts_->server) throw std::runtime_error("serve registrations in " + parts_->directory);
}

void FakePluginRegistry::stop() {
  if (!parts_->server) return;
  parts_->server->Shutdown(system_clock::now());
  parts_->server.reset();
  std::vector<std::shared_ptr<Endpoint>> gone;
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->ending = true;
    parts_->changed.notify_all();
    parts_->clients.clear();
    parts_->endpoints.clear();
    parts_->registrations.clear();
    gone.swap(parts_->all);
  }
  for (const auto& endpoint : gone) endpoint->end();
  const std::lock_guard lock(parts_->mutex);
  parts_->ending = false;
}

void FakePluginRegistry::forget(const std::string& resource) {
  std::unique_lock lock(parts_->mutex);
  parts_->disconnect(lock, resource, false);
}

void FakePluginRegistry::be_late_once() {
  const std::lock_guard lock(parts_->mutex);
  parts_->lateness = Parts::Lateness::kNext;
}

bool FakePluginRegistry::is_late() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->lateness != Parts::Lateness::kNot;
}

void FakePluginRegistry::drop_next() {
  const std::lock_guard lock(parts_->mutex);
  parts_->drops_next = true;
}

unsigned FakePluginRegistry::registrations(const std::string& resource) const {
  const std::lock_guard lock(parts_->mutex);
  const auto found = parts_->registrations.find(resource);
  return found == parts_->registrations.end() ? 0 : found->second;
}

std::vector<FakeDevice> FakePluginRegistry::devices(const std::string& resource) const {
  const auto endpoint = parts_->find(resource);
  return endpoint == nullptr ? std::vector<FakeDevice>() : endpoint->devices();
}

PluginOptions FakePluginRegistry::options(const std::string& resource) const {
  const auto endpoint = parts_->find(resource);
  return endpoint == nullptr ? PluginOptions() : endpoint->options();
}

KubeletResult<std::vector<std::string>> FakePluginRegistry::preferred(
    const std::string& resource, const PreferredQuestion& question) const {
  v1beta1::PreferredAllocationRequest request;
  auto& one = *request.add_container_requests();
  for (const std::string& id : question.available) one.add_available_deviceids(id);
  for (const std::string& id : question.must_include) one.add_must_include_deviceids(id);
  one.set_allocation_size(static_cast<int>(question.size));
  const auto response =
      parts_->call(resource, &v1beta1::DevicePlugin::Stub::GetPreferredAllocation, request);
  if (!response) return tl::unexpected(response.error());
  if (response->container_responses().empty()) return std::vector<std::string>();
  return texts(response->container_responses(0).deviceids());
}

KubeletResult<Allocated> FakePluginRegistry::allocate(const std::string& resource,
                                                      const std::vector<std::string>& ids) const {
  v1beta1::AllocateRequest request;
  auto& one = *request.add_container_requests();
  for (const std::string& id : ids) one.add_devices_ids(id);
  const auto response = parts_->call(resource, &v1beta1::DevicePlugin::Stub::Allocate, request);
  if (!response) return tl::unexpected(response.error());
  if (response->container_responses().empty()) {
    return tl::unexpected(std::string("no container response"));
  }
  return read_allocated(response->container_responses(0));
}

KubeletResult<void> FakePluginRegistry::pre_start(const std::string& resource,
                                                  const std::vector<std::string>& ids) const {
  v1beta1::PreStartContainerRequest request;
  for (const std::string& id : ids) request.add_devices_ids(id);
  const auto response =
      parts_->call(resource, &v1beta1::DevicePlugin::Stub::PreStartContainer, request);
  if (!response) return tl::unexpected(response.error());
  return {};
}

}  // namespace nvinject::testing
