// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/kubelet_door.h"

#include <poll.h>

#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "nri-plugin/status/log.h"

namespace nvinject::nri {
namespace {

constexpr std::chrono::seconds kLostForLong{60};

constexpr const char* kResource = "nvidia.com/gpu";

}  // namespace

std::optional<unsigned> numa_node_of(const HostPath& sys, const std::string& bus_id) {
  // sysfs writes the domain with four digits where that is enough, the driver always with eight.
  const std::string name = bus_id.starts_with("0000") ? bus_id.substr(4) : bus_id;
  const auto text = read_file(sys / "bus/pci/devices" / name / "numa_node", 32);
  if (!text) return std::nullopt;
  return parse_unsigned<unsigned>(trim(*text));
}

KubeletDoor::KubeletDoor(EventLoop& loop, const Config& config, std::function<void()> on_change,
                         std::unique_ptr<DevicePlugin> plugin)
    : loop_(loop), config_(config), on_change_(std::move(on_change)), plugin_(std::move(plugin)) {
  loop_.watch(plugin_->fd(), POLLIN, [this](short) { on_news(); });
}

KubeletDoor::~KubeletDoor() {
  loop_.forget(plugin_->fd());
  if (lost_timer_ != 0) loop_.cancel(lost_timer_);
}

Result<std::unique_ptr<KubeletDoor>> KubeletDoor::open(EventLoop& loop, const Config& config,
                                                       std::function<void()> on_change) {
  NVINJECT_ASSIGN_OR_RETURN(
      std::unique_ptr<DevicePlugin> plugin,
      DevicePlugin::start(
          {.directory = HostPath(config.kubelet.device_plugins), .resource = kResource}));
  return std::unique_ptr<KubeletDoor>(
      new KubeletDoor(loop, config, std::move(on_change), std::move(plugin)));
}

void KubeletDoor::on_snapshot(const Snapshot& snapshot) {
  const bool had_none = gpus_.empty();
  gpus_ = offered_gpus(snapshot.inventory, gpus_);
  for (OfferedGpu& gpu : gpus_) {
    if (gpu.numa_node || !gpu.healthy) continue;
    gpu.numa_node = numa_node_of(config_.roots.sys, snapshot.inventory.gpus[gpu.index].bus_id);
  }
  tell();
  if (had_none != gpus_.empty()) on_change_();
}

void KubeletDoor::on_synchronised(const RuntimeInfo& runtime) {
  if (lost_timer_ != 0) loop_.cancel(std::exchange(lost_timer_, 0));
  lost_for_long_ = false;
  ready_ = true;
  gate_opens_ = runtime.removes_mounts();
  tell();
}

void KubeletDoor::on_lost() {
  if (!std::exchange(ready_, false)) return;
  lost_timer_ = loop_.at(Clock::now() + kLostForLong, [this] {
    lost_timer_ = 0;
    lost_for_long_ = true;
    log_event(LogLevel::kError,
              "no runtime for a minute: the kubelet is told that no GPU is healthy", {});
    tell();
  });
  tell();
}

void KubeletDoor::tell() {
  DeviceState state;
  state.offer = {.gpus = gpus_, .replicas = config_.device_plugin.replicas};
  for (OfferedGpu& gpu : state.offer.gpus) gpu.healthy = gpu.healthy && !lost_for_long_;
  // In audit mode we give nobody a GPU, and so must keep nobody from starting.
  state.gate =
      config_.device_plugin.gate && gate_opens_ && config_.grant.enforce != Enforce::kAudit;
  state.ready = ready_;
  plugin_->set_state(std::move(state));
}

void KubeletDoor::on_news() {
  DevicePluginStatus now = plugin_->status();
  if (now.known != status_.known) {
    log_event(now.known ? LogLevel::kInfo : LogLevel::kWarning,
              now.known ? "known to the kubelet" : "no longer known to the kubelet",
              {{"resource", kResource}, {"gpus", std::to_string(gpus_.size())}});
  }
  if (!now.problem.empty() && now.problem != status_.problem) {
    log_event(LogLevel::kWarning, "not known to the kubelet, trying again",
              {{"reason", now.problem}});
  }
  status_ = std::move(now);
  on_change_();
}

}  // namespace nvinject::nri
