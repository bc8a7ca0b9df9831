// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/connection.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace nvinject::nri {
namespace {

// Of our own calls, for whose answers we remember the stream. The plugin registers, no more.
constexpr std::size_t kMaxOpenCalls = 64;
constexpr std::uint32_t kMaxStream = UINT32_MAX - 2;

tl::unexpected<Error> fail_ended(std::string_view verb, int os_errno) {
  auto failure = fail_errno(verb, "runtime", os_errno);
  failure.value().code = ErrorCode::kUnavailable;
  return failure;
}

void set_flags(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Connection::Connection(UniqueFd socket, Clock::time_point (*now)())
    : socket_(std::move(socket)), now_(now), read_buffer_(kReadBytes, '\0') {
  set_flags(socket_.get());
}

short Connection::events() const {
  return unsent_bytes() == 0 ? POLLIN : static_cast<short>(POLLIN | POLLOUT);
}

Clock::time_point Connection::deadline() const { return send_deadline_; }

Result<void> Connection::on_ready(short revents, Peer& peer) {
  if ((revents & POLLNVAL) != 0) return fail_ended("poll", EBADF);
  // What is answered below goes behind what waits already.
  if ((revents & POLLOUT) != 0) NVINJECT_RETURN_IF_ERROR(send_unsent());
  if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0) NVINJECT_RETURN_IF_ERROR(receive(peer));
  if (now_() < send_deadline_) return {};
  return fail(ErrorCode::kUnavailable, "send to runtime: " + std::to_string(unsent_bytes()) +
                                           " bytes were not read in " +
                                           std::to_string(kSendDeadline.count()) + " s");
}

Result<void> Connection::receive(Peer& peer) {
  for (int i = 0; i < kMaxReads; ++i) {
    const ssize_t got = ::recv(fd(), read_buffer_.data(), read_buffer_.size(), 0);
    if (got == 0) return fail(ErrorCode::kUnavailable, "read from runtime: end of file");
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return {};
    if (got < 0) return fail_ended("read from", errno);
    const std::string_view bytes(read_buffer_.data(), static_cast<std::size_t>(got));
    NVINJECT_RETURN_IF_ERROR(mux_.feed(bytes, [&](std::uint32_t stream, std::string_view piece) {
      return on_piece(stream, piece, peer);
    }));
    // A socket that gave less has no more, as a rule; if it has, poll(2) says so.
    if (bytes.size() < read_buffer_.size()) return {};
  }
  return {};
}

Result<void> Connection::on_piece(std::uint32_t stream, std::string_view piece, Peer& peer) {
  if (stream == kPluginStream) {
    return calls_.feed(piece, [&](const TtrpcMessage& message) { return on_call(message, peer); });
  }
  if (stream == kRuntimeStream) {
    return answers_.feed(piece,
                         [&](const TtrpcMessage& message) { return on_answer(message, peer); });
  }
  return {};
}

Result<void> Connection::on_call(const TtrpcMessage& message, Peer& peer) {
  if (message.type != static_cast<std::uint8_t>(TtrpcType::kRequest)) return {};
  if (message.stream % 2 == 0 || message.stream <= last_incoming_) {
    return refuse(message.stream, StatusCode::kInvalidArgument,
                  "stream " + std::to_string(message.stream) + ": not odd, or not new");
  }
  last_incoming_ = message.stream;
  if (message.flags != 0) {
    return refuse(message.stream, StatusCode::kUnimplemented, "streaming");
  }
  const Result<Call> call = parse_call(message.data);
  if (!call) {
    return refuse(message.stream, StatusCode::kInvalidArgument, call.error().message);
  }
  return peer.on_call({.stream = message.stream, .call = *call});
}

Result<void> Connection::on_answer(const TtrpcMessage& message, Peer& peer) {
  if (message.type != static_cast<std::uint8_t>(TtrpcType::kResponse)) return {};
  const auto open = std::find(open_calls_.begin(), open_calls_.end(), message.stream);
  if (open == open_calls_.end()) return {};
  open_calls_.erase(open);
  NVINJECT_ASSIGN_OR_RETURN(const Answer answer, parse_answer(message.data));
  return peer.on_answer(message.stream, answer);
}

Result<std::uint32_t> Connection::call(std::string_view service, std::string_view method,
                                       std::string_view payload, std::chrono::nanoseconds timeout) {
  if (open_calls_.size() >= kMaxOpenCalls || next_call_ > kMaxStream) {
    return fail(ErrorCode::kInternal, "call '" + std::string(method) + "': too many calls");
  }
  Call call{.service = service, .method = method, .payload = payload, .timeout = std::nullopt};
  if (timeout.count() != 0) call.timeout = timeout;
  const std::string data = print_call(call);
  NVINJECT_RETURN_IF_ERROR(
      send(kRuntimeStream, {.stream = next_call_,
                            .type = static_cast<std::uint8_t>(TtrpcType::kRequest),
                            .data = data}));
  open_calls_.push_back(next_call_);
  return std::exchange(next_call_, next_call_ + 2);
}

Result<void> Connection::answer(std::uint32_t stream, std::string_view payload) {
  return send_response(stream, print_answer(payload));
}

Result<void> Connection::refuse(std::uint32_t stream, StatusCode code, std::string_view message) {
  return send_response(stream, print_failure(code, message));
}

Result<void> Connection::send_response(std::uint32_t stream, std::string_view data) {
  return send(
      kPluginStream,
      {.stream = stream, .type = static_cast<std::uint8_t>(TtrpcType::kResponse), .data = data});
}

// At once where nothing waits: the usual answer is one system call.
Result<void> Connection::send(std::uint32_t mux_stream, const TtrpcMessage& message) {
  if (message.data.size() > kMaxUnsentBytes - std::min(unsent_bytes(), kMaxUnsentBytes)) {
    return fail(ErrorCode::kUnavailable,
                "send to runtime: " + std::to_string(unsent_bytes()) + " bytes wait already");
  }
  const bool waits = unsent_bytes() != 0;
  NVINJECT_RETURN_IF_ERROR(append_ttrpc_frames(mux_stream, message, unsent_));
  return waits ? Result<void>() : send_unsent();
}

Result<void> Connection::send_unsent() {
  while (unsent_bytes() != 0) {
    const ssize_t sent =
        ::send(fd(), unsent_.data() + sent_bytes_, unsent_bytes(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      if (send_deadline_ == Clock::time_point::max()) send_deadline_ = now_() + kSendDeadline;
      drop_sent();
      return {};
    }
    if (sent < 0) return fail_ended("send to", errno);
    sent_bytes_ += static_cast<std::size_t>(sent);
  }
  send_deadline_ = Clock::time_point::max();
  unsent_.clear();
  sent_bytes_ = 0;
  if (unsent_.capacity() > kReadBytes) std::string().swap(unsent_);
  return {};
}

// Once it is the greater part, so that bytes are moved once at most.
void Connection::drop_sent() {
  if (sent_bytes_ < unsent_.size() - sent_bytes_) return;
  unsent_.erase(0, sent_bytes_);
  sent_bytes_ = 0;
}

}  // namespace nvinject::nri
