// SPDX-License-Identifier: Apache-2.0

// A session with a runtime that says anything in any order: what comes back can be read by a Go
// peer, no call is answered twice, and every call is answered at the end.

#include <poll.h>
#include <sys/socket.h>

#include <set>

#include "nri-plugin/inventory/keeper.h"
#include "nri-plugin/session/session.h"
#include "tests/fuzz/handler.h"
#include "tests/support/go_peer.h"

namespace nvinject::nri {
namespace {

using testing::GoPeer;

constexpr std::uint8_t kResponse = 2;

InventoryKeeper& keeper() {
  static const auto keeper = InventoryKeeper::start(fuzz::handler_config().roots);
  return **keeper;
}

// Of a kubelet that is not there.
AllocationKeeper& allocations() {
  static const auto keeper = AllocationKeeper::start({});
  return **keeper;
}

// The runtime's end of the socket.
class Runtime {
 public:
  explicit Runtime(UniqueFd socket) : socket_(std::move(socket)) {}

  void send(std::string_view bytes) const {
    fuzz::require(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(bytes.size()));
  }
  // Reads what waits.
  void drain() {
    static std::string buffer(1U << 20U, '\0');
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) return;
      const auto messages = go_.feed({buffer.data(), static_cast<std::size_t>(got)});
      fuzz::require(messages.has_value());
      for (const GoPeer::Message& message : *messages) take(message);
    }
  }

 private:
  void take(const GoPeer::Message& message) {
    if (message.mux_stream != kPluginStream) return;
    fuzz::require(message.type == kResponse && message.flags == 0);
    const auto answer = parse_answer(message.data);
    fuzz::require(answer.has_value());
    // A stream that is not new is refused as often as it comes; nothing else is answered twice.
    if (answer->code == StatusCode::kInvalidArgument) return;
    fuzz::require(answered_.insert(message.stream).second);
  }

  UniqueFd socket_;
  GoPeer go_;
  std::set<std::uint32_t> answered_;
};

bool is_an_end(const Result<void>& worked) {
  if (worked) return false;
  fuzz::require(worked.error().code == ErrorCode::kInvalidRequest ||
                worked.error().code == ErrorCode::kUnavailable);
  return true;
}

void check(std::string_view bytes) {
  int fds[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  Runtime runtime{UniqueFd(fds[0])};
  Plugin plugin(fuzz::handler_config(), fuzz::handler_metrics());
  Session session(UniqueFd(fds[1]), plugin, keeper(), allocations());
  fuzz::require(session.start({.name = "nvinject", .index = "10"}).has_value());
  bool has_ended = false;
  for (const std::string_view read : fuzz::reads_of(bytes)) {
    runtime.send(read);
    has_ended = is_an_end(session.on_ready(POLLIN | POLLOUT));
    runtime.drain();
    if (has_ended) break;
  }
  fuzz::require(!session.synchronised() || session.registered());
  if (!has_ended) {
    plugin.set_snapshot(fuzz::handler_snapshot());
    has_ended = is_an_end(session.on_snapshot());
    session.end();
    runtime.drain();
    // Nothing waits for an answer any more.
    fuzz::require(has_ended || session.deadline() == Clock::time_point::max());
  }
  fuzz::require_reportable(plugin);
}

void append_message(std::uint32_t mux_stream, const GoPeer::Message& message, std::string& out) {
  GoPeer::Message on_stream = message;
  on_stream.mux_stream = mux_stream;
  for (const std::string& write : testing::go_writes(on_stream)) out += write;
}

std::string payload_of(unsigned method, unsigned seed) {
  auto request = testing::sample_create_request(3, 2);
  fuzz::ask_somehow(*request.mutable_container(), *request.mutable_pod(), seed);
  if (method == 0) {
    api::ConfigureRequest configure;
    configure.set_runtime_name("containerd");
    configure.set_runtime_version("v2.1.4");
    return configure.SerializeAsString();
  }
  if (method == 1) {
    api::SynchronizeRequest all;
    *all.add_pods() = request.pod();
    *all.add_containers() = request.container();
    all.set_more(seed % 2 == 0);
    return all.SerializeAsString();
  }
  return request.SerializeAsString();  // events have the same members
}

// Calls as they come, and in any order.
std::string make(unsigned seed) {
  constexpr const char* kMethods[] = {"Configure",     "Synchronize",     "CreateContainer",
                                      "StopContainer", "RemoveContainer", "StateChange",
                                      "Shutdown",      "RunPodSandbox"};
  std::minstd_rand random(seed);
  std::string out;
  append_message(kRuntimeStream, {.stream = 1, .type = kResponse, .data = print_answer("")}, out);
  for (unsigned i = 0; i < 6; ++i) {
    const auto method = i < 2 ? i : static_cast<unsigned>(random() % std::size(kMethods));
    const std::string payload = payload_of(method, seed + i);
    append_message(kPluginStream,
                   {.stream = 2 * i + 1,
                    .type = 1,
                    .data = print_call({.service = "nri.pkg.api.v1alpha1.Plugin",
                                        .method = kMethods[method],
                                        .payload = payload,
                                        .timeout = std::chrono::seconds(2)})},
                   out);
  }
  return out;
}

}  // namespace
}  // namespace nvinject::nri

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nvinject::fuzz::run(data, size, nvinject::nri::make, nvinject::nri::check);
}
