// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/kubelet_door.h"

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "nri-plugin/inventory/unnamed_gpus.h"

namespace nvinject::nri {
namespace {

constexpr const char* kResource = "nvidia.com/gpu";
// The largest machines have 16 GPUs.
constexpr std::size_t kMaxFailures = 256;
// From the kubelet's question until the runtime asks us: a snapshot is made meanwhile.
constexpr std::chrono::seconds kCreation{2};
// UUIDs of MIG devices are the driver's to tell, and what a profile is called, too.
constexpr const char* kMigIsNotOffered =
    "in MIG mode: nvinject offers no MIG devices to the kubelet. NVIDIA's device plugin does "
    "(deploy/k8s/overlays/beside-nvidia-device-plugin, with one of its CDI strategies)";

std::string why_unnamed(const Snapshot& snapshot) {
  std::string why =
      "the driver does not show its UUID yet, as before the first use of a GPU (does "
      "nvidia-persistenced run?), and it is offered when it does";
  if (snapshot.probe_error) return why + "; " + snapshot.probe_error->message;
  return snapshot.probed ? why + "; asked, the driver does not tell it" : why;
}

std::string reported(unsigned xid) { return "the driver reported Xid " + std::to_string(xid); }

}  // namespace

std::optional<unsigned> numa_node_of(const HostPath& sys, const std::string& bus_id) {
  // sysfs writes the domain with four digits where that is enough, the driver always with eight.
  const std::string name = bus_id.starts_with("0000") ? bus_id.substr(4) : bus_id;
  const auto text = read_file(sys / "bus/pci/devices" / name / "numa_node", 32);
  if (!text) return std::nullopt;
  return parse_unsigned<unsigned>(trim(*text));
}

KubeletDoor::KubeletDoor(EventLoop& loop, const Config& config, Parts parts)
    : loop_(loop),
      config_(config),
      on_change_(std::move(parts.on_change)),
      plugin_(std::move(parts.plugin)),
      without_runtime_(loop, parts.patience, [this] { give_up("no runtime for so long"); }),
      without_control_node_(loop, parts.patience, [this] { give_up(none_can_be_given_); }) {
  loop_.watch(plugin_->fd(), POLLIN, [this](short) { on_news(); });
  listen_for_xids();
}

KubeletDoor::~KubeletDoor() { loop_.forget(plugin_->fd()); }

Result<std::unique_ptr<KubeletDoor>> KubeletDoor::open(EventLoop& loop, const Config& config,
                                                       std::function<void()> on_change,
                                                       std::chrono::milliseconds patience) {
  Parts parts{.on_change = std::move(on_change), .patience = patience};
  NVINJECT_ASSIGN_OR_RETURN(
      parts.plugin, DevicePlugin::start({.directory = HostPath(config.kubelet.device_plugins),
                                         .resource = kResource}));
  return std::unique_ptr<KubeletDoor>(new KubeletDoor(loop, config, std::move(parts)));
}

// Without it the node itself still shows GPUs that are gone.
void KubeletDoor::listen_for_xids() {
  auto feed = XidFeed::open(loop_, config_.roots.state / kXidSocket,
                            {.on_message = [this](const XidMessage& message) { on_xid(message); },
                             .on_gone = [this] { xid_watch_ = XidWatch::kNobody; }});
  if (feed) {
    xid_feed_ = *std::move(feed);
  } else {
    log_event(LogLevel::kError, "nobody can tell of Xid errors",
              {{"reason", feed.error().message}});
  }
}

void KubeletDoor::on_xid(const XidMessage& message) {
  using Kind = XidMessage::Kind;
  if (message.kind == Kind::kWatching || message.kind == Kind::kReleased) {
    const bool watching = message.kind == Kind::kWatching;
    xid_watch_ = watching ? XidWatch::kWatched : XidWatch::kReleased;
    log_event(LogLevel::kInfo, watching ? "Xid errors are watched" : "Xid errors are not watched",
              {});
    return;
  }
  if (message.kind == Kind::kRecovered) {
    for (const auto& [uuid, xid] : std::exchange(xids_, {})) {
      log_event(LogLevel::kInfo, "a GPU has recovered", {{"gpu", uuid}, {"reason", reported(xid)}});
    }
  } else if (is_application_error(message.xid)) {
    log_event(LogLevel::kInfo, "an error of a program, not of its GPU",
              {{"gpu", message.uuid}, {"xid", std::to_string(message.xid)}});
    return;
  } else {
    // Also of a GPU that nobody has looked at yet: it is not said twice.
    if (xids_.size() >= kMaxFailures || !xids_.emplace(message.uuid, message.xid).second) return;
    log_event(LogLevel::kError, "a GPU has failed, and the kubelet allocates it to nobody",
              {{"gpu", message.uuid}, {"reason", reported(message.xid)}});
  }
  tell();
}

// Said once for each change: somebody waits for these GPUs in vain.
void KubeletDoor::keep_back(KeptBack& kept, KeptBack now, LogLevel level) {
  if (now.gpus.empty()) now.reason.clear();
  if (now == kept) return;
  kept = std::move(now);
  if (kept.gpus.empty()) return;
  std::vector<std::string> indices;
  indices.reserve(kept.gpus.size());
  for (const unsigned index : kept.gpus) indices.push_back(std::to_string(index));
  log_event(level, "GPUs are not offered to the kubelet",
            {{"gpus", join(indices, ",")}, {"reason", kept.reason}});
}

void KubeletDoor::keep_back_what_cannot_be_offered(const Snapshot& snapshot) {
  KeptBack in_mig_mode{.gpus = {}, .reason = kMigIsNotOffered};
  for (const Gpu& gpu : snapshot.inventory.gpus) {
    if (gpu.mig_enabled && gpu.broken.empty()) in_mig_mode.gpus.push_back(gpu.index);
  }
  KeptBack unnamed{.gpus = unnamed_gpus(snapshot.inventory), .reason = why_unnamed(snapshot)};
  std::erase_if(unnamed.gpus,
                [&](unsigned index) { return snapshot.inventory.gpus[index].mig_enabled; });
  const bool was_asked = snapshot.probed || snapshot.probe_error;
  keep_back(in_mig_mode_, std::move(in_mig_mode), LogLevel::kWarning);
  keep_back(unnamed_, std::move(unnamed), was_asked ? LogLevel::kError : LogLevel::kWarning);
}

// What lasts is told to the kubelet, which then fails each pod that it had allocated a GPU and not
// yet started, and ends none.
void KubeletDoor::give_up(const std::string& reason) {
  log_event(LogLevel::kError, "the kubelet is told that no GPU is healthy", {{"reason", reason}});
  tell();
}

// Said once for each change, as above.
void KubeletDoor::look_whether_any_can_be_given(const Snapshot& snapshot) {
  std::string now =
      snapshot.error ? snapshot.error->message : why_none_can_be_given(snapshot.inventory);
  if (gpus_.empty()) now.clear();
  if (now == none_can_be_given_) return;
  none_can_be_given_ = std::move(now);
  if (none_can_be_given_.empty()) {
    without_control_node_.stop();
    log_event(LogLevel::kInfo, "GPUs can be given again", {});
  } else {
    log_event(LogLevel::kError, "no GPU can be given", {{"reason", none_can_be_given_}});
    // A node on which none could be given yet has nothing that may come back.
    if (status_.known) {
      without_control_node_.start();
    } else {
      without_control_node_.skip();
    }
  }
}

void KubeletDoor::on_snapshot(const Snapshot& snapshot) {
  const bool was_ready = is_ready();
  gpus_ = offered_gpus(snapshot.inventory, gpus_);
  look_whether_any_can_be_given(snapshot);
  keep_back_what_cannot_be_offered(snapshot);
  for (OfferedGpu& gpu : gpus_) {
    // One that was reset, or whose driver was loaded again, begins anew; not one that could not be
    // looked at.
    if (!gpu.healthy && !snapshot.error) xids_.erase(gpu.uuid);
    if (gpu.numa_node || !gpu.healthy) continue;
    gpu.numa_node = numa_node_of(config_.roots.sys, snapshot.inventory.gpus[gpu.index].bus_id);
  }
  tell();
  if (was_ready != is_ready()) on_change_();
}

void KubeletDoor::on_synchronised(const RuntimeInfo& runtime) {
  without_runtime_.stop();
  ready_ = true;
  gate_opens_ = runtime.removes_mounts();
  tell();
}

void KubeletDoor::on_lost() {
  if (!std::exchange(ready_, false)) return;
  without_runtime_.start();
  tell();
}

bool KubeletDoor::hold_back() {
  holds_back_ = true;
  tell();
  return !hands_out_gate();
}

bool KubeletDoor::awaits_container() const {
  return ready_ && Clock::now() - kCreation < plugin_->last_start();
}

Offer KubeletDoor::offer_now() const {
  Offer offer{.gpus = gpus_, .replicas = config_.device_plugin.replicas};
  const bool some_can_be_given = !without_runtime_.is_over() && !without_control_node_.is_over();
  for (OfferedGpu& gpu : offer.gpus) {
    gpu.healthy = gpu.healthy && some_can_be_given && !xids_.contains(gpu.uuid);
  }
  return offer;
}

void KubeletDoor::add_to(StatusReport& report) const {
  KubeletStatus kubelet{.resource = kResource,
                        .registered = status_.known,
                        .replicas = config_.device_plugin.replicas,
                        .problem = status_.problem,
                        .xid_watch = xid_watch_};
  for (const OfferedGpu& gpu : offer_now().gpus) {
    kubelet.devices += kubelet.replicas;
    if (gpu.healthy) kubelet.healthy += kubelet.replicas;
  }
  report.kubelet = std::move(kubelet);
  for (GpuStatus& gpu : report.gpus) {
    gpu.kept_back = none_can_be_given_;
    const auto failed = xids_.find(gpu.uuid);
    if (failed != xids_.end()) gpu.kept_back = reported(failed->second);
    for (const KeptBack* const kept : {&in_mig_mode_, &unnamed_}) {
      const auto& gpus = kept->gpus;
      if (std::find(gpus.begin(), gpus.end(), gpu.index) == gpus.end()) continue;
      gpu.kept_back = kept->reason;
    }
  }
}

// In audit mode we give nobody a GPU, and so must keep nobody from starting.
bool KubeletDoor::hands_out_gate() const {
  return config_.device_plugin.gate && gate_opens_ && config_.grant.enforce != Enforce::kAudit;
}

void KubeletDoor::tell() {
  DeviceState state;
  state.offer = offer_now();
  state.gate = hands_out_gate();
  state.ready = ready_ && !holds_back_;
  plugin_->set_state(std::move(state));
}

void KubeletDoor::on_news() {
  DevicePluginStatus now = plugin_->status();
  // A kubelet that starts anew may have us again before we hear that it had not.
  if (now.known != status_.known || (now.known && now.registrations != status_.registrations)) {
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
