// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time that something wrong is given to pass by itself: a restart takes seconds, and whoever is
// told at once may do what cannot be undone.

#include <functional>
#include <utility>

#include "nri-plugin/loop/event_loop.h"

namespace nvinject::nri {

class Grace {
 public:
  // `on_end` is called in the loop when the time is up.
  Grace(EventLoop& loop, Clock::duration time, std::function<void()> on_end)
      : loop_(loop), time_(time), on_end_(std::move(on_end)) {}
  ~Grace() { stop(); }
  Grace(const Grace&) = delete;
  Grace& operator=(const Grace&) = delete;

  // Where it runs or is over already it goes on as it is.
  void start();
  // It has passed.
  void stop();
  // Not for this one: it is over without on_end.
  void skip();

  [[nodiscard]] bool is_over() const { return state_ == State::kOver; }

 private:
  enum class State { kIdle, kRunning, kOver };
  EventLoop& loop_;
  const Clock::duration time_;
  const std::function<void()> on_end_;
  State state_ = State::kIdle;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace nvinject::nri
