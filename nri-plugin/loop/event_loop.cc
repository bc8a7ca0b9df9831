// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/loop/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace nvinject::nri {

void EventLoop::watch(int fd, short events, OnReady on_ready) {
  watches_[fd] = {.events = events, .on_ready = std::make_shared<OnReady>(std::move(on_ready))};
  polled_is_current_ = false;
}

void EventLoop::change(int fd, short events) {
  const auto found = watches_.find(fd);
  if (found == watches_.end() || found->second.events == events) return;
  found->second.events = events;
  polled_is_current_ = false;
}

void EventLoop::forget(int fd) {
  watches_.erase(fd);
  polled_is_current_ = false;
}

EventLoop::TimerId EventLoop::at(Clock::time_point when, OnTime on_time) {
  timers_.emplace(when, Timer{.id = ++last_timer_, .on_time = std::move(on_time)});
  return last_timer_;
}

void EventLoop::cancel(TimerId id) {
  const auto found = std::find_if(timers_.begin(), timers_.end(),
                                  [id](const auto& entry) { return entry.second.id == id; });
  if (found != timers_.end()) timers_.erase(found);
}

// One at a time, because a timer may cancel another that is due as well.
void EventLoop::run_due_timers() {
  const Clock::time_point now = Clock::now();
  while (!stopped_ && !timers_.empty() && timers_.begin()->first <= now) {
    const Timer timer = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    timer.on_time();
  }
}

int EventLoop::milliseconds_to_wait() const {
  if (timers_.empty()) return -1;
  // Rounded up: a loop that wakes early would only go to sleep again.
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, std::numeric_limits<int>::max()));
}

Result<void> EventLoop::wait_and_dispatch() {
  if (!polled_is_current_) {
    polled_.clear();
    for (const auto& [fd, watch] : watches_) polled_.push_back({.fd = fd, .events = watch.events});
    polled_is_current_ = true;
  }
  if (::poll(polled_.data(), polled_.size(), milliseconds_to_wait()) < 0) {
    if (errno == EINTR) return {};
    return fail_errno("wait for", "events", errno);
  }
  // Callbacks may watch and forget: what poll(2) said stays as it is until all of it was told.
  const std::vector<pollfd> ready = polled_;
  for (const pollfd& entry : ready) {
    if (entry.revents == 0 || stopped_) continue;
    const auto found = watches_.find(entry.fd);
    if (found == watches_.end()) continue;
    const std::shared_ptr<OnReady> on_ready = found->second.on_ready;
    (*on_ready)(entry.revents);
  }
  return {};
}

Result<void> EventLoop::run() {
  while (!stopped_) {
    NVINJECT_RETURN_IF_ERROR(wait_and_dispatch());
    run_due_timers();
  }
  stopped_ = false;
  return {};
}

}  // namespace nvinject::nri
