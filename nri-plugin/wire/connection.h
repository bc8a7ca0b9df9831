// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to a runtime: its socket, both logical connections, calls in both directions. It
// never waits: whoever owns it polls fd() for events() and calls on_ready. What the calls mean it
// does not know.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "nri-plugin/wire/envelope.h"
#include "nri-plugin/wire/mux.h"
#include "nri-plugin/wire/ttrpc.h"

namespace nvinject::nri {

using Clock = std::chrono::steady_clock;

// How many bytes wait in us for a runtime that does not read, and for how long.
inline constexpr std::size_t kMaxUnsentBytes = 16U << 20U;
inline constexpr std::chrono::seconds kSendDeadline{5};

class Connection {
 public:
  // A call of the runtime, to be answered once by answer() or refuse(), now or later.
  struct IncomingCall {
    std::uint32_t stream = 0;
    Call call;  // gone when on_call returns
  };

  // Who understands the calls. An error ends the connection.
  class Peer {
   public:
    Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;
    virtual Result<void> on_call(const IncomingCall& call) = 0;
    // The answer to call(); `answer` is gone when on_answer returns.
    virtual Result<void> on_answer(std::uint32_t stream, const Answer& answer) = 0;
  };

  // Sets O_NONBLOCK and FD_CLOEXEC. `now` is the clock, so that tests need not wait.
  explicit Connection(UniqueFd socket, Clock::time_point (*now)() = &Clock::now);

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] short events() const;  // as in poll(2)
  // When something must have happened, for the timeout of poll(2); Clock::time_point::max(): never.
  [[nodiscard]] Clock::time_point deadline() const;

  // Reads what is there (bounded, so that nobody can keep us busy for ever), hands calls and
  // answers to `peer`, sends what waits. `revents` as in poll(2); 0 to check the deadline only. Any
  // error means that the connection is over: kUnavailable for the peer's end of it, kInvalidRequest
  // for a violated protocol.
  [[nodiscard]] Result<void> on_ready(short revents, Peer& peer);

  // The stream of the new call: odd, rising from 1. timeout 0: none.
  [[nodiscard]] Result<std::uint32_t> call(std::string_view service, std::string_view method,
                                           std::string_view payload,
                                           std::chrono::nanoseconds timeout);
  [[nodiscard]] Result<void> answer(std::uint32_t stream, std::string_view payload);
  [[nodiscard]] Result<void> refuse(std::uint32_t stream, StatusCode code,
                                    std::string_view message);
};

}  // namespace nvinject::nri
