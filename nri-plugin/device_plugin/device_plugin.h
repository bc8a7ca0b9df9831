// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keeps the kubelet knowing our devices: a thread of its own, because registering may take the
// kubelet ten seconds. The loop's thread says what there is, and is told through a descriptor how
// the kubelet takes it.

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "core/base/path.h"
#include "core/base/result.h"
#include "nri-plugin/device_plugin/device_service.h"
#include "nri-plugin/status/metrics.h"

namespace nvinject::nri {

struct DevicePluginOptions {
  HostPath directory;    // as /var/lib/kubelet/device-plugins; it need not be there yet
  std::string resource;  // "nvidia.com/gpu"
  // From the end of our stream until we register again: a kubelet up to 1.36 lets go by the name of
  // the resource, and takes who registers while it still does so for the one that has ended.
  std::chrono::milliseconds settle{1000};
  // How long a kubelet with which we are registered may take to watch our devices: it may have let
  // us go before it did, and then does not say so.
  std::chrono::milliseconds stream_patience{5000};
};

struct DevicePluginStatus {
  bool known = false;          // registered, and the kubelet watches our devices
  unsigned registrations = 0;  // that succeeded
  std::string problem;         // why the last try did not; empty when it did
  bool operator==(const DevicePluginStatus&) const = default;
};

class DevicePlugin {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DevicePlugin>> start(DevicePluginOptions options);
  // The kubelet sees the end of our stream, keeps the resource for five minutes, and starts no new
  // container with a GPU meanwhile.
  ~DevicePlugin();
  DevicePlugin(const DevicePlugin&) = delete;
  DevicePlugin& operator=(const DevicePlugin&) = delete;

  // Never waits. Nothing is registered before there has been a state that is ready and has a GPU.
  void set_state(DeviceState state);

  // Readable when the status has changed; status() makes it unreadable.
  [[nodiscard]] int fd() const;
  [[nodiscard]] DevicePluginStatus status();
  [[nodiscard]] KubeletCalls calls() const;
  // When the kubelet was last told that a container may start; long ago where it never was.
  [[nodiscard]] std::chrono::steady_clock::time_point last_start() const;

 private:
  struct Shared;
  explicit DevicePlugin(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace nvinject::nri
