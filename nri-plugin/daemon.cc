// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/daemon.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/base/text.h"
#include "core/os/state_directory.h"
#include "core/os/unix_socket.h"
#include "nri-plugin/device_plugin/clean_up.h"
#include "nri-plugin/status/listen.h"
#include "nri-plugin/status/log.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// While there is no runtime to connect to: trying costs microseconds, and disturbs nobody. Of one
// that has just started every container that is created before we are there is without its GPUs.
constexpr milliseconds kDialRetry{50};
// When there is one and it does not want us: each try holds up its containers.
constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLongestBackoff{2000};
constexpr milliseconds kLockRetry{500};
constexpr seconds kLaunchedPatience{4};
constexpr seconds kWindowRetry{60};
// The kubelet is told in another thread.
constexpr milliseconds kSeeOff{50};
// An installation changes many files: one look when they have settled.
constexpr milliseconds kSettle{300};
// What has no events (procfs: GPUs that appear, MIG layouts) is looked at this often.
constexpr seconds kLookInterval{10};

}  // namespace

Daemon::Daemon(const Config& config, DaemonOptions options)
    : config_(config),
      options_(std::move(options)),
      launched_(options_.launched_on.valid()),
      started_at_(Clock::now()),
      plugin_(config_, metrics_),
      backoff_(kFirstBackoff) {
  if (options_.config_error) plugin_.set_config_error(*options_.config_error);
}

Daemon::~Daemon() = default;

Result<void> Daemon::run() {
  NVINJECT_ASSIGN_OR_RETURN(keeper_, InventoryKeeper::start(config_.roots));
  NVINJECT_ASSIGN_OR_RETURN(
      allocations_,
      AllocationKeeper::start({.pod_resources_socket = config_.kubelet.pod_resources_socket(),
                               .checkpoint = HostPath(config_.kubelet.checkpoint())}));
  NVINJECT_RETURN_IF_ERROR(start_watching());
  watch_signals();
  const std::string& hook = config_.nri.ld_cache_hook;
  if (!hook.empty() && ::access(hook.c_str(), X_OK) != 0) {
    log_event(LogLevel::kError,
              "nvinject.nri.ld-cache-hook is no program: GPU containers will fail",
              {{"path", hook}});
  }
  look_every_so_often();
  take_lock();
  NVINJECT_RETURN_IF_ERROR(loop_.run());
  if (session_) session_->end();
  // The runtime and whoever comes next must not wait for what is still tidied up here. The kubelet
  // first: whoever has the lock registers with it.
  kubelet_.reset();
  session_.reset();
  lock_.reset();
  if (fatal_) return tl::unexpected<Error>(*fatal_);
  return {};
}

// --- the machine -----------------------------------------------------------------------------

Result<void> Daemon::start_watching() {
  loop_.watch(keeper_->fd(), POLLIN, [this](short) { on_snapshot(); });
  loop_.watch(keeper_->changes_fd(), POLLIN, [this](short) {
    if (keeper_->take_changes()) look_soon();
  });
  loop_.watch(allocations_->fd(), POLLIN, [this](short) { on_allocations(); });
  auto uevents = Uevents::open();
  if (!uevents) {
    log_event(LogLevel::kWarning, "no kernel events: changes are seen within seconds instead",
              {{"reason", uevents.error().message}});
    return {};
  }
  uevents_.emplace(*std::move(uevents));
  loop_.watch(uevents_->fd(), POLLIN, [this](short) {
    if (uevents_->take()) look_soon();
  });
  return {};
}

void Daemon::look_soon() {
  if (look_timer_ != 0) return;
  look_timer_ = loop_.at(Clock::now() + kSettle, [this] {
    look_timer_ = 0;
    keeper_->ask(Look::kScan);
  });
}

void Daemon::look_every_so_often() {
  if (health_server_) health_server_->beat();
  keeper_->ask(Look::kScan);
  loop_.at(Clock::now() + kLookInterval, [this] { look_every_so_often(); });
}

void Daemon::on_snapshot() {
  const SharedSnapshot snapshot = keeper_->take();
  if (snapshot == nullptr) return;
  if (snapshot->generation != plugin_.generation()) {
    const Inventory& inventory = snapshot->inventory;
    log_event(snapshot->error ? LogLevel::kError : LogLevel::kInfo, "the machine",
              {{"generation", std::to_string(snapshot->generation)},
               {"driver", inventory.driver_version.empty() ? "none" : inventory.driver_version},
               {"gpus", std::to_string(inventory.gpus.size())},
               {"problem", snapshot->error ? snapshot->error->message : "none"}});
  }
  look_what_to_serve(*snapshot);
  plugin_.set_snapshot(snapshot);
  if (kubelet_) kubelet_->on_snapshot(*snapshot);
  // Device plugins ask by UUID, and a cold driver shows none: better to know before somebody waits
  // for it.
  if (names_.is_due(*snapshot, Clock::now())) keeper_->ask(Look::kProbe);
  if (session_) after_session_work(session_->on_snapshot());
}

void Daemon::look_what_to_serve(const Snapshot& snapshot) {
  const NodeGpus now = node_gpus(snapshot);
  if (std::exchange(node_gpus_, now) == now) return;
  if (now == NodeGpus::kNone) {
    log_event(LogLevel::kInfo, "nothing to serve: no NVIDIA GPU on this node", {});
  } else if (now == NodeGpus::kUndriven) {
    log_event(LogLevel::kError, "not ready: no driver shows the GPUs of this node",
              {{"on_the_pci_bus", join(snapshot.undriven_gpus, ",")}});
  }
  tell_health();
}

void Daemon::on_allocations() {
  auto answers = allocations_->take();
  for (const AllocationKeeper::Answer& answer : answers) {
    metrics_.count_question(answer.allocation.has_value(), answer.took);
  }
  if (session_) after_session_work(session_->on_allocations(std::move(answers)));
}

// --- the runtime -----------------------------------------------------------------------------

// Two plugins that answer the same container conflict, and its creation fails: whoever comes second
// waits until the first is gone. The kernel gives the lock back, however that happens.
void Daemon::take_lock() {
  const auto state = open_state_directory(config_.roots.state);
  if (!state) return give_up(state.error());
  auto lock = open_lock(state->get(), kPluginLock, milliseconds(0));
  if (lock) {
    lock_ = *std::move(lock);
    // Not before: the sockets may be those of the one that we waited for.
    open_windows();
    open_kubelet_door();
    return connect();
  }
  // A runtime starts a plugin once, and waits five seconds for its registration.
  const bool is_late = launched_ && Clock::now() - started_at_ > kLaunchedPatience;
  if (lock.error().code != ErrorCode::kUnavailable || is_late) {
    return give_up(std::move(lock).error().wrap("take the lock of this node's NRI plugin"));
  }
  if (!std::exchange(waits_for_lock_, true)) {
    log_event(LogLevel::kWarning, "another nvinject-nri serves this node: waiting for its end", {});
  }
  loop_.at(Clock::now() + kLockRetry, [this] { take_lock(); });
}

void Daemon::give_up(Error why) {
  fatal_ = std::move(why);
  loop_.stop();
}

void Daemon::connect() {
  auto socket = dial();
  if (socket) {
    begin_session(*std::move(socket));
    return;
  }
  if (!std::exchange(waits_for_runtime_, true)) {
    log_event(LogLevel::kWarning, "no runtime", {{"reason", socket.error().message}});
  }
  loop_.at(Clock::now() + kDialRetry, [this] { connect(); });
}

Result<UniqueFd> Daemon::dial() {
  if (launched_) return std::move(options_.launched_on);
  // No waiting: a full backlog is tried again, like everything else.
  return connect_unix(options_.runtime_socket, milliseconds(0));
}

void Daemon::begin_session(UniqueFd socket) {
  waits_for_runtime_ = false;
  metrics_.count_connection();
  session_.emplace(std::move(socket), plugin_, *keeper_, *allocations_);
  loop_.watch(session_->fd(), session_->events(),
              [this](short revents) { on_session_ready(revents); });
  after_session_work(session_->start(options_.name));
}

void Daemon::on_session_ready(short revents) { after_session_work(session_->on_ready(revents)); }

void Daemon::after_session_work(const Result<void>& worked) {
  if (!worked) {
    end_session(worked.error());
    return;
  }
  loop_.change(session_->fd(), session_->events());
  const Clock::time_point deadline = session_->deadline();
  if (session_timer_ != 0) loop_.cancel(std::exchange(session_timer_, 0));
  if (deadline != Clock::time_point::max()) {
    session_timer_ = loop_.at(deadline, [this] {
      session_timer_ = 0;
      if (session_) on_session_ready(0);
    });
  }
  if (session_->synchronised() == was_synchronised_) return;
  was_synchronised_ = session_->synchronised();
  backoff_ = kFirstBackoff;
  if (kubelet_) kubelet_->on_synchronised(plugin_.runtime());
  tell_health();
  log_event(LogLevel::kInfo, "synchronised", {{"runtime", plugin_.runtime().describe()}});
}

void Daemon::end_session(const Error& why) {
  log_event(LogLevel::kWarning, "disconnected", {{"reason", why.message}});
  if (session_timer_ != 0) loop_.cancel(std::exchange(session_timer_, 0));
  loop_.forget(session_->fd());
  session_.reset();
  was_synchronised_ = false;
  if (kubelet_) kubelet_->on_lost();
  tell_health();
  if (launched_) {
    loop_.stop();
    return;
  }
  reconnect_later();
}

void Daemon::reconnect_later() {
  loop_.at(Clock::now() + backoff_, [this] { connect(); });
  backoff_ = std::min(backoff_ * 2, kLongestBackoff);
}

// --- the kubelet -----------------------------------------------------------------------------

// Not before the lock is ours: two instances would register one after the other, for ever.
void Daemon::open_kubelet_door() {
  if (!config_.device_plugin.enabled) return;
  auto door = KubeletDoor::open(loop_, config_, [this] { tell_health(); });
  if (!door) return give_up(std::move(door).error());
  kubelet_ = *std::move(door);
  // Taken once, a look is not told again: it must reach all who wait for it.
  on_snapshot();
}

// Ready: containers that are created now get their GPUs, and the kubelet knows of these. Where
// there is no GPU nobody waits for anything, not for a runtime either.
bool Daemon::is_ready() const {
  if (node_gpus_ == NodeGpus::kNone) return true;
  if (node_gpus_ == NodeGpus::kUndriven) return false;
  return was_synchronised_ && (!kubelet_ || kubelet_->is_ready());
}

void Daemon::tell_health() {
  if (health_server_) health_server_->set_serving(is_ready());
}

// --- the windows -----------------------------------------------------------------------------

StatusReport Daemon::report() const {
  StatusReport report = plugin_.report();
  report.registered = session_ && session_->registered();
  report.synchronised = session_ && session_->synchronised();
  if (kubelet_) kubelet_->add_to(report);
  return report;
}

Totals Daemon::totals() const {
  return {.lost_log_lines = lost_log_lines(),
          .kubelet = kubelet_ ? kubelet_->calls() : KubeletCalls{}};
}

// One that cannot be opened (a port in use) keeps no container from its GPU: it is tried again.
void Daemon::open_windows() {
  const NriConfig& nri = config_.nri;
  const auto serve = [this](const std::string& address, DocumentProtocol protocol,
                            DocumentServer::Document document,
                            std::unique_ptr<DocumentServer>& server) -> Result<void> {
    if (address.empty() || server) return {};
    NVINJECT_ASSIGN_OR_RETURN(UniqueFd listener, listen_on(address));
    server =
        std::make_unique<DocumentServer>(loop_, std::move(listener), protocol, std::move(document));
    return {};
  };
  const auto start_health = [this, &nri]() -> Result<void> {
    if (nri.health.empty() || health_server_) return {};
    NVINJECT_ASSIGN_OR_RETURN(health_server_, HealthServer::start(nri.health));
    tell_health();
    return {};
  };
  const Result<void> opened[] = {
      serve(
          nri.status_socket.empty() ? "" : "unix:" + nri.status_socket, DocumentProtocol::kPlain,
          [this] { return print_status(report()); }, status_server_),
      serve(
          nri.metrics, DocumentProtocol::kHttp,
          [this] { return metrics_.print(report(), totals()); }, metrics_server_),
      start_health()};
  bool all = true;
  for (const Result<void>& one : opened) {
    if (one) continue;
    all = false;
    log_event(LogLevel::kError, "no window, and the next try in a minute",
              {{"reason", one.error().message}});
  }
  if (!all) loop_.at(Clock::now() + kWindowRetry, [this] { open_windows(); });
}

void Daemon::watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  signals_ = UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  loop_.watch(signals_.get(), POLLIN, [this](short) {
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof(info)) != sizeof(info)) return;
    if (info.ssi_signo == SIGHUP) {
      keeper_->ask(Look::kScan);
    } else {
      leave();
    }
  });
}

// Nobody new may start, and who was just told that he may still gets his GPU.
void Daemon::leave() {
  if (!kubelet_ || std::exchange(leaves_, true)) return loop_.stop();
  if (!kubelet_->hold_back()) return loop_.stop();
  see_off();
}

void Daemon::see_off() {
  loop_.at(Clock::now() + kSeeOff, [this] {
    if (!kubelet_->awaits_container()) return loop_.stop();
    see_off();
  });
}

}  // namespace nvinject::nri
