// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kubelet's half of the device plugin API: takes registrations, watches the devices of each
// plugin, and calls it. No policy: which device a container gets is fake_kubelet's affair.
//
// Like kubelets up to 1.36 it knows plugins by the name of their resource alone (reference:
// Kubernetes, "Registration flow and re-registration"): a new registration leaves the old stream
// open, and the end of any stream is the end of whoever has the name then.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace nvinject::testing {

// Or what the kubelet's event would say.
template <class T>
using KubeletResult = tl::expected<T, std::string>;

struct FakeDevice {
  std::string id;
  bool healthy = false;
  std::vector<std::int64_t> numa_nodes;
};

// What a plugin answers to Allocate: the kubelet hands it on to the runtime.
struct Allocated {
  struct Mount {
    std::string source;
    std::string destination;
    bool read_only = false;
  };
  std::map<std::string, std::string> env;
  std::vector<Mount> mounts;
  std::vector<std::string> devices;  // of the host
  std::map<std::string, std::string> annotations;
  std::vector<std::string> cdi_devices;
  std::string response;  // the same as the checkpoint keeps it, protobuf
};

struct PluginOptions {
  bool pre_start_required = false;
  bool preferred_allocation = false;
};

struct PreferredQuestion {
  std::vector<std::string> available;
  std::vector<std::string> must_include;
  unsigned size = 0;
};

class FakePluginRegistry {
 public:
  // `directory` as /var/lib/kubelet/device-plugins; it must be there.
  explicit FakePluginRegistry(std::string directory);
  ~FakePluginRegistry();
  FakePluginRegistry(const FakePluginRegistry&) = delete;
  FakePluginRegistry& operator=(const FakePluginRegistry&) = delete;

  // Removes every socket of the directory, as each kubelet does when it starts, and serves.
  void start();
  // Every plugin is forgotten.
  void stop();

  // Lets one plugin go, as some kubelets do with a plugin that is alive and well: its stream ends.
  void forget(const std::string& resource);
  // The next stream's end is noticed when its plugin has registered anew, and that one is let go;
  // and what has the name a moment later is marked as stopped, though its stream stays open.
  void be_late_once();
  // Until that is done with.
  [[nodiscard]] bool is_late() const;
  // The next plugin that registers is let go at once: its stream never begins.
  void drop_next();

  // How often it was registered since the last start.
  [[nodiscard]] unsigned registrations(const std::string& resource) const;
  // Empty for a resource that nobody registered.
  [[nodiscard]] std::vector<FakeDevice> devices(const std::string& resource) const;
  // What the plugin said when it was asked; nothing (false, false) before.
  [[nodiscard]] PluginOptions options(const std::string& resource) const;

  [[nodiscard]] KubeletResult<std::vector<std::string>> preferred(
      const std::string& resource, const PreferredQuestion& question) const;
  [[nodiscard]] KubeletResult<Allocated> allocate(const std::string& resource,
                                                  const std::vector<std::string>& ids) const;
  [[nodiscard]] KubeletResult<void> pre_start(const std::string& resource,
                                              const std::vector<std::string>& ids) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::testing
