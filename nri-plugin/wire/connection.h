// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to a runtime: its socket, both logical connections, calls in both directions. It
// never waits: whoever owns it polls fd() for events() and calls on_ready. What the calls mean it
// does not know.
//
// As Go's server does (reference: containerd/ttrpc, server.go): a call on an even or old stream, or
// one that is no protobuf, is answered with kInvalidArgument; one that wants to stream with
// kUnimplemented. Unlike it, everything is bounded. Ignored: frames of other mux streams, messages
// of other types, answers to what was not called.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
// One read(2), and how many of them one on_ready makes before others get their turn.
inline constexpr std::size_t kReadBytes = 64U << 10U;
inline constexpr int kMaxReads = 16;

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
  // To a call of the runtime. kInvalidRequest: more than kMaxTtrpcSendBytes with its envelope;
  // nothing was sent then, and the call can still be refused.
  [[nodiscard]] Result<void> answer(std::uint32_t stream, std::string_view payload);
  [[nodiscard]] Result<void> refuse(std::uint32_t stream, StatusCode code,
                                    std::string_view message);

 private:
  Result<void> receive(Peer& peer);
  Result<void> on_piece(std::uint32_t stream, std::string_view piece, Peer& peer);
  Result<void> on_call(const TtrpcMessage& message, Peer& peer);
  Result<void> on_answer(const TtrpcMessage& message, Peer& peer);
  Result<void> send(std::uint32_t mux_stream, const TtrpcMessage& message);
  Result<void> send_response(std::uint32_t stream, std::string_view data);
  Result<void> send_unsent();
  void drop_sent();
  [[nodiscard]] std::size_t unsent_bytes() const { return unsent_.size() - sent_bytes_; }

  UniqueFd socket_;
  Clock::time_point (*now_)();
  std::string read_buffer_;
  MuxReader mux_;
  TtrpcReader calls_;    // kPluginStream
  TtrpcReader answers_;  // kRuntimeStream
  std::uint32_t last_incoming_ = 0;
  std::uint32_t next_call_ = 1;
  std::vector<std::uint32_t> open_calls_;  // ours, unanswered
  std::string unsent_;
  std::size_t sent_bytes_ = 0;  // of unsent_
  Clock::time_point send_deadline_ = Clock::time_point::max();
};

}  // namespace nvinject::nri
