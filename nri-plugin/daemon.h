// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon: one event loop, the inventory's thread, a session with the runtime that is made anew
// whenever it ends, and the windows on all of it (status socket, metrics, health).

#include <chrono>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/config/config.h"
#include "nri-plugin/container/plugin.h"
#include "nri-plugin/device_plugin/kubelet_door.h"
#include "nri-plugin/inventory/keeper.h"
#include "nri-plugin/inventory/uevents.h"
#include "nri-plugin/inventory/unnamed_gpus.h"
#include "nri-plugin/loop/event_loop.h"
#include "nri-plugin/pod_resources/allocation_keeper.h"
#include "nri-plugin/session/session.h"
#include "nri-plugin/status/document_server.h"
#include "nri-plugin/status/health.h"
#include "nri-plugin/status/metrics.h"

namespace nvinject::nri {

struct DaemonOptions {
  PluginName name;
  HostPath runtime_socket;
  // The runtime launched us and this is our end of its socket: there is no other, and no
  // reconnecting.
  UniqueFd launched_on;
  std::optional<Error> config_error;  // the configuration could not be read
};

class Daemon {
 public:
  Daemon(const Config& config, DaemonOptions options);
  ~Daemon();

  // Until SIGTERM or SIGINT (at the second one in any case), or, when launched, until the runtime
  // is gone. Signals must be blocked in every thread by then. The error says why it cannot work at
  // all.
  [[nodiscard]] Result<void> run();

 private:
  void open_windows();
  Result<void> start_watching();
  void watch_signals();
  void look_soon();
  void look_every_so_often();
  void on_snapshot();
  void on_allocations();

  void leave();
  void see_off();

  void open_kubelet_door();
  void look_what_to_serve(const Snapshot& snapshot);
  [[nodiscard]] bool is_ready() const;
  void tell_health();
  void take_lock();
  void give_up(Error why);
  void connect();
  Result<UniqueFd> dial();
  void begin_session(UniqueFd socket);
  void on_session_ready(short revents);
  void after_session_work(const Result<void>& worked);
  void end_session(const Error& why);
  void reconnect_later();
  [[nodiscard]] StatusReport report() const;
  [[nodiscard]] Totals totals() const;

  const Config& config_;
  DaemonOptions options_;
  const bool launched_;
  const Clock::time_point started_at_;
  EventLoop loop_;
  Metrics metrics_;
  Plugin plugin_;
  std::unique_ptr<InventoryKeeper> keeper_;
  NameSchedule names_;
  NodeGpus node_gpus_ = NodeGpus::kNotLooked;
  std::unique_ptr<AllocationKeeper> allocations_;
  std::optional<Uevents> uevents_;
  UniqueFd signals_;
  UniqueFd lock_;
  std::optional<Session> session_;
  EventLoop::TimerId session_timer_ = 0;
  EventLoop::TimerId look_timer_ = 0;
  std::chrono::milliseconds backoff_;
  bool was_synchronised_ = false;
  bool waits_for_lock_ = false;
  bool waits_for_runtime_ = false;
  bool leaves_ = false;
  std::optional<Error> fatal_;
  std::unique_ptr<DocumentServer> status_server_;
  std::unique_ptr<DocumentServer> metrics_server_;
  std::unique_ptr<HealthServer> health_server_;
  std::unique_ptr<KubeletDoor> kubelet_;  // only as a device plugin
};

}  // namespace nvinject::nri
