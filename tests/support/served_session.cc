// SPDX-License-Identifier: Apache-2.0
#include "tests/support/served_session.h"

#include <sys/eventfd.h>

#include <future>
#include <stdexcept>
#include <utility>

namespace nvinject::testing {

using nri::Clock;

ServedSession::ServedSession(Config config, UniqueFd socket)
    : config_(std::move(config)),
      plugin_(config_, metrics_),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  auto keeper = nri::InventoryKeeper::start(config_.roots);
  if (!keeper) throw std::runtime_error(keeper.error().message);
  keeper_ = *std::move(keeper);
  auto allocations =
      nri::AllocationKeeper::start({.pod_resources_socket = config_.kubelet.pod_resources_socket(),
                                    .checkpoint = HostPath(config_.kubelet.checkpoint())});
  if (!allocations) throw std::runtime_error(allocations.error().message);
  allocations_ = *std::move(allocations);
  session_.emplace(std::move(socket), plugin_, *keeper_, *allocations_);
  loop_.watch(allocations_->fd(), POLLIN, [this](short) {
    auto answers = allocations_->take();
    if (session_) after_work(session_->on_allocations(std::move(answers)));
  });
  loop_.watch(wake_.get(), POLLIN, [this](short) { run_jobs(); });
  loop_.watch(session_->fd(), session_->events(),
              [this](short revents) { after_work(session_->on_ready(revents)); });
  after_work(session_->start({.name = "nvinject", .index = "10"}));
  thread_ = std::thread([this] { (void)loop_.run(); });
}

ServedSession::~ServedSession() {
  in_loop([this] { loop_.stop(); });
  thread_.join();
}

// As the daemon does after each of the session's callbacks.
void ServedSession::after_work(const Result<void>& worked) {
  if (timer_ != 0) loop_.cancel(std::exchange(timer_, 0));
  if (!worked) {
    loop_.forget(session_->fd());
    session_.reset();
    const std::lock_guard lock(mutex_);
    ended_ = worked.error();
    changed_.notify_all();
    return;
  }
  loop_.change(session_->fd(), session_->events());
  const Clock::time_point deadline = session_->deadline();
  if (deadline == Clock::time_point::max()) return;
  timer_ = loop_.at(deadline, [this] {
    timer_ = 0;
    after_work(session_->on_ready(0));
  });
}

void ServedSession::in_loop(std::function<void()> job) {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back([&] {
      job();
      done.set_value();
    });
  }
  ::eventfd_write(wake_.get(), 1);
  done.get_future().wait();
}

void ServedSession::run_jobs() {
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  std::vector<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs = std::exchange(jobs_, {});
  }
  for (const auto& job : jobs) job();
}

void ServedSession::give_snapshot(nri::Snapshot snapshot) {
  in_loop([&] {
    snapshot.generation = ++generation_;
    snapshot.scanned_at = Clock::now();
    plugin_.set_snapshot(std::make_shared<const nri::Snapshot>(std::move(snapshot)));
    if (session_) after_work(session_->on_snapshot());
  });
}

void ServedSession::end() {
  in_loop([this] {
    if (session_) session_->end();
  });
}

StatusReport ServedSession::report() {
  StatusReport report;
  in_loop([&] { report = plugin_.report(); });
  return report;
}

bool ServedSession::registered() {
  bool is = false;
  in_loop([&] { is = session_ && session_->registered(); });
  return is;
}

bool ServedSession::synchronised() {
  bool is = false;
  in_loop([&] { is = session_ && session_->synchronised(); });
  return is;
}

bool ServedSession::has_deadline() {
  bool has = false;
  in_loop([&] { has = session_ && session_->deadline() != Clock::time_point::max(); });
  return has;
}

std::string ServedSession::metrics() {
  std::string text;
  in_loop([&] { text = metrics_.print(plugin_.report(), {}); });
  return text;
}

std::optional<Error> ServedSession::ends(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return ended_.has_value(); });
  return ended_;
}

}  // namespace nvinject::testing
