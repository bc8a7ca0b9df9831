// SPDX-License-Identifier: Apache-2.0
#pragma once

// The device plugin as the daemon's loop sees it: what the machine has and whether the runtime has
// us goes in, whether the kubelet knows of it comes out.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/status/status_report.h"
#include "nri-plugin/container/runtime_info.h"
#include "nri-plugin/device_plugin/device_plugin.h"
#include "nri-plugin/device_plugin/xid_feed.h"
#include "nri-plugin/inventory/snapshot.h"
#include "nri-plugin/loop/event_loop.h"
#include "nri-plugin/loop/grace.h"
#include "nri-plugin/status/log.h"

namespace nvinject::nri {

class KubeletDoor {
 public:
  // How long a lost runtime, or a control node that is away, leaves the devices healthy: a restart,
  // or a module that is loaded again, takes seconds.
  static constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(1);

  // `on_change` is called in the loop whenever is_ready() may have changed.
  [[nodiscard]] static Result<std::unique_ptr<KubeletDoor>> open(
      EventLoop& loop, const Config& config, std::function<void()> on_change,
      std::chrono::milliseconds patience = kPatience);
  ~KubeletDoor();
  KubeletDoor(const KubeletDoor&) = delete;
  KubeletDoor& operator=(const KubeletDoor&) = delete;

  void on_snapshot(const Snapshot& snapshot);
  // Registered with the runtime and synchronised.
  void on_synchronised(const RuntimeInfo& runtime);
  // No longer. For a while the devices stay healthy, and only containers wait: a pod whose devices
  // are not there when it is admitted fails for good.
  void on_lost();
  // Before our end: no other container may start. True where there is no gate: one that was told
  // that it may would come to run without its GPU if we were gone.
  [[nodiscard]] bool hold_back();
  // There may be such a one.
  [[nodiscard]] bool awaits_container() const;

  // What the kubelet has of us: its part of the report, and why GPUs are kept back from it.
  void add_to(StatusReport& report) const;
  [[nodiscard]] KubeletCalls calls() const { return plugin_->calls(); }

  // A node without GPUs has nothing that the kubelet could know. One whose GPUs are there and have
  // no name yet has: it must not pass for the other. Nor must one of whose GPUs none can be given,
  // though the kubelet knows that.
  [[nodiscard]] bool is_ready() const {
    if (gpus_.empty()) return status_.known || unnamed_.gpus.empty();
    return status_.known && none_can_be_given_.empty();
  }

 private:
  // GPUs that are sound and cannot be offered, and why.
  struct KeptBack {
    std::vector<unsigned> gpus;  // indices
    std::string reason;
    bool operator==(const KeptBack&) const = default;
  };
  struct Parts {
    std::function<void()> on_change;
    std::chrono::milliseconds patience;
    std::unique_ptr<DevicePlugin> plugin;
  };
  KubeletDoor(EventLoop& loop, const Config& config, Parts parts);
  void listen_for_xids();
  void on_news();
  void on_xid(const XidMessage& message);
  void give_up(const std::string& reason);
  static void keep_back(KeptBack& kept, KeptBack now, LogLevel level);
  void look_whether_any_can_be_given(const Snapshot& snapshot);
  void keep_back_what_cannot_be_offered(const Snapshot& snapshot);
  [[nodiscard]] Offer offer_now() const;
  [[nodiscard]] bool hands_out_gate() const;
  void tell();

  EventLoop& loop_;
  const Config& config_;
  std::function<void()> on_change_;
  std::unique_ptr<DevicePlugin> plugin_;
  DevicePluginStatus status_;
  std::vector<OfferedGpu> gpus_;
  std::string none_can_be_given_;  // why; the kubelet is told when the grace is over
  KeptBack in_mig_mode_;
  KeptBack unnamed_;
  std::map<std::string, unsigned> xids_;  // of GPUs that the driver says to have failed, by UUID
  XidWatch xid_watch_ = XidWatch::kNobody;
  std::unique_ptr<XidFeed> xid_feed_;
  bool gate_opens_ = false;  // the runtime's NRI can take a mount away
  bool ready_ = false;
  bool holds_back_ = false;
  Grace without_runtime_;
  Grace without_control_node_;
};

// Of a PCI device, from sysfs; nothing where the machine has no NUMA nodes or does not say.
[[nodiscard]] std::optional<unsigned> numa_node_of(const HostPath& sys, const std::string& bus_id);

}  // namespace nvinject::nri
