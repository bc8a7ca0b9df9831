// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/loop/grace.h"

namespace nvinject::nri {

void Grace::start() {
  if (state_ != State::kIdle) return;
  state_ = State::kRunning;
  timer_ = loop_.at(Clock::now() + time_, [this] {
    state_ = State::kOver;
    on_end_();
  });
}

void Grace::stop() {
  if (state_ == State::kRunning) loop_.cancel(timer_);
  state_ = State::kIdle;
}

void Grace::skip() {
  stop();
  state_ = State::kOver;
}

}  // namespace nvinject::nri
