// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one loop of the daemon: poll(2) over a dozen descriptors, and timers. Everything that it
// calls returns at once; what may take time belongs to the inventory's thread.

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/base/result.h"

namespace nvinject::nri {

using Clock = std::chrono::steady_clock;

class EventLoop {
 public:
  using OnReady = std::function<void(short revents)>;
  using OnTime = std::function<void()>;
  using TimerId = std::uint64_t;  // never 0, never used twice

  // `events` as in poll(2). The descriptor stays its owner's, who calls forget() before it closes
  // it; both may be done inside of a callback, its own too.
  void watch(int fd, short events, OnReady on_ready);
  void change(int fd, short events);
  void forget(int fd);

  TimerId at(Clock::time_point when, OnTime on_time);
  void cancel(TimerId id);

  // Until stop(), which may have come before: then nothing is called. It may run again afterwards.
  // The error is poll(2)'s.
  [[nodiscard]] Result<void> run();
  void stop() { stopped_ = true; }

 private:
  struct Watch {
    short events = 0;
    std::shared_ptr<OnReady> on_ready;  // shared: it may forget itself while it runs
  };
  struct Timer {
    TimerId id = 0;
    OnTime on_time;
  };

  void run_due_timers();
  [[nodiscard]] int milliseconds_to_wait() const;
  [[nodiscard]] Result<void> wait_and_dispatch();

  std::map<int, Watch> watches_;
  std::multimap<Clock::time_point, Timer> timers_;
  std::vector<pollfd> polled_;  // the watches as poll(2) wants them
  bool polled_is_current_ = false;
  TimerId last_timer_ = 0;
  bool stopped_ = false;
};

}  // namespace nvinject::nri
