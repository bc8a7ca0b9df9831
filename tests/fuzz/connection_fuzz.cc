// SPDX-License-Identifier: Apache-2.0

// A runtime that sends anything: the plugin sees the same calls however the reads fall, and a Go
// peer can read whatever is sent back.

#include <poll.h>
#include <sys/socket.h>

#include "nri-plugin/wire/connection.h"
#include "tests/fuzz/wire_input.h"
#include "tests/support/go_peer.h"

namespace nvinject::nri {
namespace {

using testing::GoPeer;

class Peer final : public Connection::Peer {
 public:
  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    seen.append(std::to_string(incoming.stream)).append(incoming.call.method);
    seen.append(incoming.call.payload);
    // Long and short answers, refusals, and none.
    if (incoming.stream % 8 == 1) {
      return connection->answer(incoming.stream, incoming.call.payload);
    }
    if (incoming.stream % 8 == 3) return connection->answer(incoming.stream, "");
    if (incoming.stream % 8 == 5) return {};
    return connection->refuse(incoming.stream, StatusCode::kNotFound, incoming.call.method);
  }
  Result<void> on_answer(std::uint32_t stream, const Answer& answer) override {
    seen.append(std::to_string(stream)).append(answer.message).append(answer.payload);
    return {};
  }

  Connection* connection = nullptr;
  std::string seen;
};

struct Outcome {
  std::string seen;
  std::vector<GoPeer::Message> sent;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

// What a Go peer reads of what waits in `socket`.
void drain(int socket, GoPeer& go, std::vector<GoPeer::Message>& sent) {
  static std::string buffer(1U << 20U, '\0');
  for (;;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    const auto messages = go.feed({buffer.data(), static_cast<std::size_t>(got)});
    fuzz::require(messages.has_value());
    sent.insert(sent.end(), messages->begin(), messages->end());
  }
}

Outcome converse(const std::vector<std::string_view>& reads) {
  int fds[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  const UniqueFd runtime(fds[0]);
  Connection connection{UniqueFd(fds[1])};
  Peer peer;
  peer.connection = &connection;
  GoPeer go;
  Outcome outcome;
  for (int i = 0; i < 3; ++i) fuzz::require(connection.call("R", "M", "", {}).has_value());
  drain(runtime.get(), go, outcome.sent);  // the order between two streams says nothing
  for (const std::string_view bytes : reads) {
    const ssize_t sent = ::send(runtime.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    fuzz::require(sent == static_cast<ssize_t>(bytes.size()));
    Result<void> result;
    pollfd ready{.fd = connection.fd(), .events = 0, .revents = 0};
    do {
      if (result) result = connection.on_ready(static_cast<short>(POLLIN | POLLOUT), peer);
      drain(runtime.get(), go, outcome.sent);
      ready.events = connection.events();
    } while (result && ((ready.events & POLLOUT) != 0 || ::poll(&ready, 1, 0) > 0));
    if (!result) {
      fuzz::require(result.error().code == ErrorCode::kInvalidRequest);
      outcome.error = result.error().message;
      outcome.sent.clear();  // how much of it was on its way is a matter of buffers
      break;
    }
  }
  outcome.seen = peer.seen;
  return outcome;
}

void check(std::string_view bytes) {
  if (bytes.empty()) return;
  fuzz::require(converse({bytes}) == converse(fuzz::reads_of(bytes)));
}

std::string make(unsigned seed) {
  std::minstd_rand random(seed);
  std::string out;
  std::uint32_t stream = 1;
  for (auto i = random() % 12; i > 0; --i, stream += 2) {
    const bool is_answer = random() % 4 == 0;
    const std::string payload(random() % 300, 'p');
    const std::string data = is_answer
                                 ? print_answer(payload)
                                 : print_call({.service = "s", .method = "m", .payload = payload});
    fuzz::require(append_ttrpc_frames(is_answer ? kRuntimeStream : kPluginStream,
                                      {.stream = is_answer ? stream % 6 : stream,
                                       .type = static_cast<std::uint8_t>(is_answer ? 2 : 1),
                                       .flags = 0,
                                       .data = data},
                                      out)
                      .has_value());
  }
  return out;
}

}  // namespace
}  // namespace nvinject::nri

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nvinject::fuzz::run(data, size, nvinject::nri::make, nvinject::nri::check);
}
