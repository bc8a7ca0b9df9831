// SPDX-License-Identifier: Apache-2.0
#pragma once

// A kubelet as its device plugins and the clients of its PodResources API see it: it admits pods,
// allocates devices to their containers, writes its checkpoint, asks before each start, restarts.
// What it would tell a runtime is given to the test.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/fake_plugin_registry.h"
#include "tests/support/fake_pod_resources.h"

namespace nvinject::testing {

// A pod that wants devices: by container, how many of one resource.
struct PodWish {
  struct Container {
    std::string name;
    ContainerKind kind = ContainerKind::kMain;  // in the order of the pod: init containers first
    std::string resource;                       // empty: none
    unsigned count = 0;
  };
  std::string name_space = "default";
  std::string name;
  std::string uid;
  std::vector<Container> containers;
};

class FakeKubelet {
 public:
  // `root` as /var/lib/kubelet: below it device-plugins and pod-resources, which are made.
  explicit FakeKubelet(std::string root);

  void start();
  void stop();
  // What is allocated stays so, without another Allocate; plugins have to register again.
  void restart();

  // The answers by container; else why the pod was not admitted, and then nothing is allocated.
  [[nodiscard]] KubeletResult<std::map<std::string, Allocated>> admit(const PodWish& wish);
  // Allocated by a plugin that is not there: nothing is asked.
  void assign(const FakePod& pod);
  void remove(const std::string& uid);
  // What the kubelet asks before each start of a container.
  [[nodiscard]] KubeletResult<void> pre_start(const std::string& uid,
                                              const std::string& container) const;
  [[nodiscard]] std::vector<std::string> allocated(const std::string& uid,
                                                   const std::string& container) const;

  [[nodiscard]] FakePluginRegistry& plugins() { return plugins_; }
  [[nodiscard]] FakePodResources& pod_resources() { return pod_resources_; }
  [[nodiscard]] const FakePodResources& pod_resources() const { return pod_resources_; }
  [[nodiscard]] std::string checkpoint_file() const;

 private:
  [[nodiscard]] KubeletResult<std::vector<std::string>> choose(const FakePod& pod,
                                                               const std::string& resource,
                                                               unsigned count) const;
  // What the checkpoint keeps beside the ids, from the time when they were allocated.
  struct Kept {
    std::map<std::string, std::vector<std::string>> by_numa_node;
    std::string response;  // as the plugin's
  };
  [[nodiscard]] Kept keep(const std::string& resource, const std::vector<std::string>& ids,
                          std::string response) const;
  void publish();
  void write_checkpoint() const;

  const std::string root_;
  FakePluginRegistry plugins_;
  FakePodResources pod_resources_;
  mutable std::mutex mutex_;  // of the rest
  std::vector<FakePod> pods_;
  std::map<std::string, Kept> kept_;  // by uid/container/resource
};

}  // namespace nvinject::testing
