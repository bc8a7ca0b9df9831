// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kubelet's PodResources server: what a test says was allocated, told as well or as badly as a
// test wants.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nvinject::testing {

// An init container has ended before the others begin, and the API never tells of it; one with
// `restartPolicy: Always` is a sidecar, which stays beside them and is told of like them.
enum class ContainerKind { kMain, kInit, kSidecar };

struct FakeContainer {
  std::string name;
  ContainerKind kind = ContainerKind::kMain;
  std::map<std::string, std::vector<std::string>> devices;  // by resource
};

struct FakePod {
  std::string name_space = "default";
  std::string name;
  std::string uid;
  std::vector<FakeContainer> containers;
};

struct PodResourcesBehaviour {
  enum class Get { kServed, kUnimplemented, kDisabled };  // kubelets before 1.27, before 1.34
  Get get = Get::kServed;
  std::chrono::milliseconds delay{0};
  int failure = 0;           // a grpc::StatusCode for every call
  bool rate_limited = true;  // 100 a second, ten at once, for all clients together
};

struct PodResourcesCalls {
  unsigned get = 0;
  unsigned list = 0;
  unsigned refused = 0;  // by the rate limit
};

class FakePodResources {
 public:
  // `socket` as /var/lib/kubelet/pod-resources/kubelet.sock.
  explicit FakePodResources(std::string socket);
  ~FakePodResources();
  FakePodResources(const FakePodResources&) = delete;
  FakePodResources& operator=(const FakePodResources&) = delete;

  void start();
  void stop();
  void set_behaviour(PodResourcesBehaviour behaviour);
  void set_pods(std::vector<FakePod> pods);
  [[nodiscard]] PodResourcesCalls calls() const;
  [[nodiscard]] const std::string& socket() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::testing
