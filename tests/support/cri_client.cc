// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cri_client.h"

#include <grpcpp/grpcpp.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "proto/cri.grpc.pb.h"

namespace nvinject::testing {
namespace {

namespace v1 = ::runtime::v1;

// The kubelet's default range for a pod with a user namespace.
constexpr std::uint32_t kFirstHostId = 65536;
constexpr std::uint32_t kHostIds = 65536;

constexpr std::array kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

constexpr std::array kStateNames = {"created", "running", "exited", "unknown"};

template <class Stub, class Request, class Response>
CriResult<Response> call(Stub& stub,
                         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                         const Request& request, std::chrono::milliseconds deadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  // containerd may just be starting. A call that fails at once would not even help: gRPC connects
  // while somebody waits, and otherwise looks every five seconds.
  context.set_wait_for_ready(true);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return response;
  const auto code = static_cast<std::size_t>(status.error_code());
  return tl::unexpected(CriError{.code = static_cast<int>(code),
                                 .name = code < kCodeNames.size() ? kCodeNames[code] : "?",
                                 .message = status.error_message()});
}

template <class T>
CriResult<void> without_value(const CriResult<T>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

CriError not_ready(std::string why) {
  return {.code = grpc::StatusCode::UNAVAILABLE, .name = "UNAVAILABLE", .message = std::move(why)};
}

std::string full_image_name(const std::string& image) {
  if (image.find('/') != std::string::npos) return image;
  const bool tagged = image.find(':') != std::string::npos;
  return "nvinject.test/" + image + (tagged ? "" : ":latest");
}

// The same names give the same id: transcripts of what was said can be compared.
std::string uid_of(const PodOptions& options) {
  const std::size_t hash = std::hash<std::string>()(options.name_space + "/" + options.name);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012llx",
                static_cast<unsigned long long>(hash & 0xffffffffffff));
  return text.data();
}

void put(const StringMap& from, google::protobuf::Map<std::string, std::string>& to) {
  for (const auto& [key, value] : from) to[key] = value;
}

v1::PodSandboxConfig pod_config(const PodOptions& options) {
  v1::PodSandboxConfig config;
  config.mutable_metadata()->set_name(options.name);
  config.mutable_metadata()->set_namespace_(options.name_space);
  config.mutable_metadata()->set_uid(options.uid.empty() ? uid_of(options) : options.uid);
  config.mutable_metadata()->set_attempt(options.attempt);
  config.set_log_directory(options.log_directory);
  put(options.labels, *config.mutable_labels());
  put(options.annotations, *config.mutable_annotations());
  config.mutable_linux()->set_cgroup_parent(options.cgroup_parent);
  auto& security = *config.mutable_linux()->mutable_security_context();
  security.set_privileged(options.privileged);
  auto& namespaces = *security.mutable_namespace_options();
  namespaces.set_network(options.user_namespace ? v1::POD : v1::NODE);
  if (options.user_namespace) config.set_hostname(options.name);
  namespaces.set_pid(v1::CONTAINER);
  if (options.user_namespace) {
    auto& users = *namespaces.mutable_userns_options();
    users.set_mode(v1::POD);
    for (v1::IDMapping* const mapping : {users.add_uids(), users.add_gids()}) {
      mapping->set_host_id(kFirstHostId);
      mapping->set_container_id(0);
      mapping->set_length(kHostIds);
    }
  }
  return config;
}

// The configuration of a running pod, as far as its status has it.
v1::PodSandboxConfig pod_config(const v1::PodSandboxStatus& pod, const ContainerOptions& options) {
  v1::PodSandboxConfig config;
  *config.mutable_metadata() = pod.metadata();
  *config.mutable_labels() = pod.labels();
  *config.mutable_annotations() = pod.annotations();
  config.set_log_directory(options.log_directory);
  config.mutable_linux()->set_cgroup_parent(options.cgroup_parent);
  auto& security = *config.mutable_linux()->mutable_security_context();
  security.set_privileged(options.privileged);
  *security.mutable_namespace_options() = pod.linux().namespaces().options();
  return config;
}

v1::LinuxContainerSecurityContext security_of(const v1::PodSandboxConfig& pod,
                                              const ContainerOptions& options) {
  v1::LinuxContainerSecurityContext security;
  *security.mutable_namespace_options() = pod.linux().security_context().namespace_options();
  security.set_privileged(options.privileged);
  security.set_readonly_rootfs(options.read_only);
  security.set_no_new_privs(options.no_new_privileges);
  if (options.runtime_seccomp) {
    security.mutable_seccomp()->set_profile_type(v1::SecurityProfile::RuntimeDefault);
  }
  if (options.user) security.mutable_run_as_user()->set_value(*options.user);
  for (const std::string& name : options.capabilities_added) {
    security.mutable_capabilities()->add_add_capabilities(name);
  }
  for (const std::string& name : options.capabilities_dropped) {
    security.mutable_capabilities()->add_drop_capabilities(name);
  }
  return security;
}

v1::ContainerConfig container_config(const v1::PodSandboxConfig& pod,
                                     const ContainerOptions& options) {
  v1::ContainerConfig config;
  config.mutable_metadata()->set_name(options.name);
  config.mutable_metadata()->set_attempt(options.attempt);
  config.mutable_image()->set_image(full_image_name(options.image));
  for (const std::string& word : options.command) config.add_command(word);
  for (const auto& [key, value] : options.env) {
    v1::KeyValue* const variable = config.add_envs();
    variable->set_key(key);
    variable->set_value(value);
  }
  for (const auto& from : options.mounts) {
    v1::Mount* const mount = config.add_mounts();
    mount->set_host_path(from.source);
    mount->set_container_path(from.destination);
    mount->set_readonly(from.read_only);
    if (from.host_to_container) mount->set_propagation(v1::PROPAGATION_HOST_TO_CONTAINER);
  }
  for (const std::string& path : options.devices) {
    v1::Device* const device = config.add_devices();
    device->set_host_path(path);
    device->set_container_path(path);
    device->set_permissions("rwm");
  }
  for (const std::string& name : options.cdi_devices) config.add_cdi_devices()->set_name(name);
  // The kubelet's label from which CRI-O tells plugins the name.
  (*config.mutable_labels())["io.kubernetes.container.name"] = options.name;
  put(options.labels, *config.mutable_labels());
  put(options.annotations, *config.mutable_annotations());
  if (!options.log_directory.empty()) {
    // One that is created again under its name must not go on in the old file.
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    config.set_log_path(pod.metadata().uid() + "_" + options.name + "_" + std::to_string(now) +
                        ".log");
  }
  *config.mutable_linux()->mutable_security_context() = security_of(pod, options);
  config.mutable_linux()->mutable_resources()->set_memory_limit_in_bytes(options.memory_limit);
  return config;
}

std::string state_name(v1::ContainerState state) {
  const auto index = static_cast<std::size_t>(state);
  return index < kStateNames.size() ? kStateNames[index] : "unknown";
}

}  // namespace

struct CriClient::Stubs {
  std::unique_ptr<v1::RuntimeService::Stub> runtime;
  std::unique_ptr<v1::ImageService::Stub> images;
};

CriClient::CriClient(const std::string& endpoint, std::chrono::milliseconds deadline)
    : stubs_(std::make_unique<Stubs>()), deadline_(deadline) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  // The runtime is killed and comes back within a test.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  const auto channel =
      grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
  stubs_->runtime = v1::RuntimeService::NewStub(channel);
  stubs_->images = v1::ImageService::NewStub(channel);
}

CriClient::~CriClient() = default;

CriResult<std::string> CriClient::version() const {
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::Version, v1::VersionRequest(), deadline_);
  if (!answer) return tl::unexpected(answer.error());
  return answer->runtime_name() + " " + answer->runtime_version();
}

CriResult<void> CriClient::ready() const {
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::Status, v1::StatusRequest(), deadline_);
  if (!answer) return tl::unexpected(answer.error());
  for (const v1::RuntimeCondition& condition : answer->status().conditions()) {
    // No pod network here, so NetworkReady is never true.
    if (condition.type() == "RuntimeReady" && condition.status()) return {};
  }
  return tl::unexpected(not_ready("the runtime says that it is not ready"));
}

CriResult<bool> CriClient::has_image(const std::string& image) const {
  v1::ImageStatusRequest request;
  request.mutable_image()->set_image(full_image_name(image));
  const auto answer =
      call(*stubs_->images, &v1::ImageService::Stub::ImageStatus, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  return answer->has_image();
}

CriResult<std::string> CriClient::run_pod(const PodOptions& options) const {
  v1::RunPodSandboxRequest request;
  *request.mutable_config() = pod_config(options);
  request.set_runtime_handler(options.runtime_handler);
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::RunPodSandbox, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  return answer->pod_sandbox_id();
}

CriResult<void> CriClient::stop_pod(const std::string& id) const {
  v1::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  return without_value(
      call(*stubs_->runtime, &v1::RuntimeService::Stub::StopPodSandbox, request, deadline_));
}

CriResult<void> CriClient::remove_pod(const std::string& id) const {
  auto stopped = stop_pod(id);
  // containerd cannot stop a container that is just ending by itself. The kubelet asks until it
  // can.
  for (int again = 0; !stopped && again < 3; ++again) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stopped = stop_pod(id);
  }
  if (!stopped) return stopped;
  // Before their pod, as the kubelet does it. containerd 2.1.9 removes them with the pod, but takes
  // a lock twice for that, and stands still for good when an NRI plugin connects between the two.
  const auto containers = list_containers(id);
  if (!containers) return tl::unexpected(containers.error());
  for (const ContainerState& container : *containers) {
    if (auto removed = remove(container.id); !removed) return removed;
  }
  v1::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  return without_value(
      call(*stubs_->runtime, &v1::RuntimeService::Stub::RemovePodSandbox, request, deadline_));
}

CriResult<std::vector<PodState>> CriClient::list_pods() const {
  const auto answer = call(*stubs_->runtime, &v1::RuntimeService::Stub::ListPodSandbox,
                           v1::ListPodSandboxRequest(), deadline_);
  if (!answer) return tl::unexpected(answer.error());
  std::vector<PodState> pods;
  for (const v1::PodSandbox& pod : answer->items()) {
    pods.push_back({.id = pod.id(),
                    .name = pod.metadata().name(),
                    .name_space = pod.metadata().namespace_(),
                    .ready = pod.state() == v1::SANDBOX_READY});
  }
  return pods;
}

CriResult<std::string> CriClient::create(const std::string& pod_id,
                                         const ContainerOptions& options) const {
  v1::PodSandboxStatusRequest status;
  status.set_pod_sandbox_id(pod_id);
  const auto pod =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::PodSandboxStatus, status, deadline_);
  if (!pod) return tl::unexpected(pod.error());
  v1::CreateContainerRequest request;
  request.set_pod_sandbox_id(pod->status().id());
  *request.mutable_sandbox_config() = pod_config(pod->status(), options);
  *request.mutable_config() = container_config(request.sandbox_config(), options);
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::CreateContainer, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  return answer->container_id();
}

CriResult<void> CriClient::start(const std::string& id) const {
  v1::StartContainerRequest request;
  request.set_container_id(id);
  return without_value(
      call(*stubs_->runtime, &v1::RuntimeService::Stub::StartContainer, request, deadline_));
}

CriResult<void> CriClient::stop(const std::string& id, std::chrono::seconds grace) const {
  v1::StopContainerRequest request;
  request.set_container_id(id);
  request.set_timeout(grace.count());
  return without_value(
      call(*stubs_->runtime, &v1::RuntimeService::Stub::StopContainer, request, deadline_ + grace));
}

CriResult<void> CriClient::remove(const std::string& id) const {
  v1::RemoveContainerRequest request;
  request.set_container_id(id);
  return without_value(
      call(*stubs_->runtime, &v1::RuntimeService::Stub::RemoveContainer, request, deadline_));
}

CriResult<void> CriClient::update_memory(const std::string& id, std::int64_t limit) const {
  v1::UpdateContainerResourcesRequest request;
  request.set_container_id(id);
  request.mutable_linux()->set_memory_limit_in_bytes(limit);
  return without_value(call(*stubs_->runtime, &v1::RuntimeService::Stub::UpdateContainerResources,
                            request, deadline_));
}

CriResult<ContainerState> CriClient::status(const std::string& id) const {
  v1::ContainerStatusRequest request;
  request.set_container_id(id);
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::ContainerStatus, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  const v1::ContainerStatus& from = answer->status();
  return ContainerState{.id = from.id(),
                        .name = from.metadata().name(),
                        .state = state_name(from.state()),
                        .exit_code = from.exit_code(),
                        .reason = from.reason(),
                        .message = from.message(),
                        .log_path = from.log_path()};
}

CriResult<std::vector<ContainerState>> CriClient::list_containers(const std::string& pod_id) const {
  v1::ListContainersRequest request;
  request.mutable_filter()->set_pod_sandbox_id(pod_id);
  const auto answer =
      call(*stubs_->runtime, &v1::RuntimeService::Stub::ListContainers, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  std::vector<ContainerState> containers;
  for (const v1::Container& from : answer->containers()) {
    containers.push_back({.id = from.id(),
                          .pod_id = from.pod_sandbox_id(),
                          .name = from.metadata().name(),
                          .state = state_name(from.state())});
  }
  return containers;
}

CriResult<ExecOutput> CriClient::exec(const std::string& id,
                                      const std::vector<std::string>& command) const {
  v1::ExecSyncRequest request;
  request.set_container_id(id);
  for (const std::string& word : command) request.add_cmd(word);
  auto answer = call(*stubs_->runtime, &v1::RuntimeService::Stub::ExecSync, request, deadline_);
  if (!answer) return tl::unexpected(answer.error());
  return ExecOutput{.out = std::move(*answer->mutable_stdout()),
                    .errors = std::move(*answer->mutable_stderr()),
                    .exit_code = answer->exit_code()};
}

}  // namespace nvinject::testing
