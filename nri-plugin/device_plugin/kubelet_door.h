// SPDX-License-Identifier: Apache-2.0
#pragma once

// The device plugin as the daemon's loop sees it: what the machine has and whether the runtime has
// us goes in, whether the kubelet knows of it comes out.

#include <functional>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/config/config.h"
#include "nri-plugin/container/runtime_info.h"
#include "nri-plugin/device_plugin/device_plugin.h"
#include "nri-plugin/inventory/snapshot.h"
#include "nri-plugin/loop/event_loop.h"

namespace nvinject::nri {

class KubeletDoor {
 public:
  // `on_change` is called in the loop whenever knows_us() may have changed.
  [[nodiscard]] static Result<std::unique_ptr<KubeletDoor>> open(EventLoop& loop,
                                                                 const Config& config,
                                                                 std::function<void()> on_change);
  ~KubeletDoor();
  KubeletDoor(const KubeletDoor&) = delete;
  KubeletDoor& operator=(const KubeletDoor&) = delete;

  void on_snapshot(const Snapshot& snapshot);
  // Registered with the runtime and synchronised.
  void on_synchronised(const RuntimeInfo& runtime);
  // No longer. For a minute the devices stay healthy, and only containers wait: a pod whose devices
  // are not there when it is admitted fails for good.
  void on_lost();

  // A node without GPUs has nothing that the kubelet could know.
  [[nodiscard]] bool knows_us() const { return gpus_.empty() || status_.known; }

 private:
  KubeletDoor(EventLoop& loop, const Config& config, std::function<void()> on_change,
              std::unique_ptr<DevicePlugin> plugin);
  void on_news();
  void tell();

  EventLoop& loop_;
  const Config& config_;
  std::function<void()> on_change_;
  std::unique_ptr<DevicePlugin> plugin_;
  DevicePluginStatus status_;
  std::vector<OfferedGpu> gpus_;
  bool gate_opens_ = false;  // the runtime's NRI can take a mount away
  bool ready_ = false;
  bool lost_for_long_ = false;
  EventLoop::TimerId lost_timer_ = 0;
};

// Of a PCI device, from sysfs; nothing where the machine has no NUMA nodes or does not say.
[[nodiscard]] std::optional<unsigned> numa_node_of(const HostPath& sys, const std::string& bus_id);

}  // namespace nvinject::nri
