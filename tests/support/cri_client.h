// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kubelet does, for tests: pods and containers over CRI v1. Calls may come from several
// threads.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace nvinject::testing {

// What gRPC says: `code` is a grpc::StatusCode, `name` is its name ("UNKNOWN",
// "DEADLINE_EXCEEDED").
struct CriError {
  int code = 0;
  std::string name;
  std::string message;
};

template <class T>
using CriResult = tl::expected<T, CriError>;

using StringMap = std::map<std::string, std::string>;

struct PodOptions {
  std::string name;
  std::string name_space = "default";
  std::string uid;  // empty: one that follows from the names
  std::uint32_t attempt = 0;
  StringMap labels;
  StringMap annotations;
  std::string runtime_handler;
  std::string cgroup_parent;
  std::string log_directory;
  bool privileged = false;      // must be so when a container of it is
  bool user_namespace = false;  // and a network of its own; otherwise the network is the host's
};

struct ContainerOptions {
  std::string name;
  std::string image;  // without a slash: one of tests/support/oci-archive
  std::uint32_t attempt = 0;
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> env;
  StringMap labels;
  StringMap annotations;
  struct Mount {
    std::string source;
    std::string destination;
    bool read_only = false;
    bool host_to_container = false;  // what the host mounts below it later is seen
  };
  std::vector<Mount> mounts;
  std::vector<std::string> devices;  // of the host, at the same place in the container
  std::vector<std::string> cdi_devices;
  bool privileged = false;
  bool read_only = false;
  bool runtime_seccomp = false;  // the runtime's own filter; otherwise none
  bool no_new_privileges = false;
  std::optional<std::int64_t> user;
  std::vector<std::string> capabilities_added;
  std::vector<std::string> capabilities_dropped;
  std::int64_t memory_limit = 0;
  std::string cgroup_parent;  // these two as the pod has them
  std::string log_directory;
};

struct ContainerState {
  std::string id;
  std::string pod_id;
  std::string name;
  std::string state;  // "created", "running", "exited", "unknown"
  std::int32_t exit_code = 0;
  std::string reason;
  std::string message;
  std::string log_path;
};

struct PodState {
  std::string id;
  std::string name;
  std::string name_space;
  bool ready = false;
};

struct ExecOutput {
  std::string out;
  std::string errors;
  std::int32_t exit_code = 0;
};

class CriClient {
 public:
  // `endpoint` is "unix:///path". `deadline` is for each call, and while it lasts the runtime may
  // come back.
  CriClient(const std::string& endpoint, std::chrono::milliseconds deadline);
  ~CriClient();
  CriClient(const CriClient&) = delete;
  CriClient& operator=(const CriClient&) = delete;

  // "containerd 2.1.9"
  [[nodiscard]] CriResult<std::string> version() const;
  // Without an error: pods can be run.
  [[nodiscard]] CriResult<void> ready() const;
  [[nodiscard]] CriResult<bool> has_image(const std::string& image) const;

  [[nodiscard]] CriResult<std::string> run_pod(const PodOptions& options) const;
  [[nodiscard]] CriResult<void> stop_pod(const std::string& id) const;
  [[nodiscard]] CriResult<void> remove_pod(const std::string& id) const;  // stopped or not
  [[nodiscard]] CriResult<std::vector<PodState>> list_pods() const;

  [[nodiscard]] CriResult<std::string> create(const std::string& pod_id,
                                              const ContainerOptions& options) const;
  [[nodiscard]] CriResult<void> start(const std::string& id) const;
  [[nodiscard]] CriResult<void> stop(const std::string& id, std::chrono::seconds grace) const;
  [[nodiscard]] CriResult<void> remove(const std::string& id) const;
  [[nodiscard]] CriResult<void> update_memory(const std::string& id, std::int64_t limit) const;
  [[nodiscard]] CriResult<ContainerState> status(const std::string& id) const;
  [[nodiscard]] CriResult<std::vector<ContainerState>> list_containers(
      const std::string& pod_id = "") const;
  [[nodiscard]] CriResult<ExecOutput> exec(const std::string& id,
                                           const std::vector<std::string>& command) const;

 private:
  struct Stubs;
  std::unique_ptr<Stubs> stubs_;
  std::chrono::milliseconds deadline_;
};

}  // namespace nvinject::testing
