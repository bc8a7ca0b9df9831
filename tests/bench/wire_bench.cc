// SPDX-License-Identifier: Apache-2.0

// What nri-plugin/wire costs, without the daemon behind it: build/bin/wire_bench. "Ordinary" is a
// container of 14 variables and 10 mounts (3 kB), "large" one of 200 and 27 (14 kB).

#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <thread>

#include "nri-plugin/wire/connection.h"
#include "nri-plugin/wire/field_reader.h"
#include "tests/support/fake_runtime.h"
#include "tests/support/sample_nri.h"

namespace nvinject::nri {
namespace {

constexpr std::uint32_t kContainer = 2;
constexpr std::uint32_t kContainerEnv = 8;

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string create_payload(benchmark::State& state) {
  const int variables = static_cast<int>(state.range(0));
  return testing::sample_create_request(variables, variables < 100 ? 10 : 27).SerializeAsString();
}

// As containerd writes it.
std::string call_bytes(std::uint32_t stream, std::string_view method, std::string_view payload) {
  const std::string data = print_call({.service = "nri.pkg.api.v1alpha1.Plugin",
                                       .method = method,
                                       .payload = payload,
                                       .timeout = std::chrono::seconds(2)});
  std::string bytes;
  for (const std::string& write : testing::go_writes({kPluginStream, stream, 1, 0, data})) {
    bytes += write;
  }
  return bytes;
}

// From the socket's bytes, in reads of 64 KiB, to a Call.
class Parser {
 public:
  void feed(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += kReadBytes) {
      value_of(
          mux_.feed(bytes.substr(at, kReadBytes), [this](std::uint32_t, std::string_view piece) {
            return ttrpc_.feed(piece, [](const TtrpcMessage& message) -> Result<void> {
              benchmark::DoNotOptimize(value_of(parse_call(message.data)));
              return {};
            });
          }));
    }
  }

 private:
  MuxReader mux_;
  TtrpcReader ttrpc_;
};

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void parse_create_container(benchmark::State& state) {
  const std::string bytes = call_bytes(1, "CreateContainer", create_payload(state));
  Parser parser;
  for (auto _ : state) parser.feed(bytes);
  count_bytes(state, bytes.size());
}
BENCHMARK(parse_create_container)->ArgName("variables")->Arg(14)->Arg(200);

// What a container that asks for nothing costs beyond that: a look at each variable.
void walk_environment(benchmark::State& state) {
  const std::string payload = create_payload(state);
  for (auto _ : state) {
    int asked = 0;
    FieldReader fields(payload);
    while (const auto field = fields.next()) {
      if (!field->is_bytes(kContainer)) continue;
      FieldReader container(field->bytes);
      while (const auto inner = container.next()) {
        asked +=
            static_cast<int>(inner->is_bytes(kContainerEnv) && inner->bytes.starts_with("NVIDIA_"));
      }
    }
    benchmark::DoNotOptimize(asked);
  }
  count_bytes(state, payload.size());
}
BENCHMARK(walk_environment)->ArgName("variables")->Arg(14)->Arg(200);

// The generated code, to compare.
void parse_with_protobuf(benchmark::State& state) {
  const std::string payload = create_payload(state);
  for (auto _ : state) {
    api::CreateContainerRequest request;
    benchmark::DoNotOptimize(request.ParseFromString(payload));
  }
  count_bytes(state, payload.size());
}
BENCHMARK(parse_with_protobuf)->ArgName("variables")->Arg(14)->Arg(200);

// A node's Synchronize: 4 MiB is one message, 24 are six.
void parse_synchronize(benchmark::State& state) {
  const std::string payload((4U << 20U) - 1024, 'x');
  const std::string bytes = call_bytes(1, "Synchronize", payload);
  Parser parser;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) parser.feed(bytes);
  }
  count_bytes(state, bytes.size() * static_cast<std::size_t>(state.range(0)));
}
BENCHMARK(parse_synchronize)->ArgName("messages")->Arg(1)->Arg(6)->Unit(benchmark::kMillisecond);

class AnsweringPeer final : public Connection::Peer {
 public:
  explicit AnsweringPeer(Connection& connection, std::size_t answer_bytes)
      : connection_(connection), answer_(answer_bytes, 'a') {}
  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    return connection_.answer(incoming.stream, answer_);
  }
  Result<void> on_answer(std::uint32_t /*stream*/, const Answer& /*answer*/) override { return {}; }

 private:
  Connection& connection_;
  std::string answer_;
};

std::pair<UniqueFd, UniqueFd> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    throw std::runtime_error("socketpair");
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// A large CreateContainer through a socket and an answer of that many bytes back, on one thread:
// two system calls of ours and two of the runtime's.
void serve_a_call(benchmark::State& state) {
  auto [runtime, plugin] = socket_pair();
  Connection connection(std::move(plugin));
  AnsweringPeer peer(connection, static_cast<std::size_t>(state.range(0)));
  const std::string payload = testing::sample_create_request(200, 27).SerializeAsString();
  std::string bytes = call_bytes(1, "CreateContainer", payload);
  std::string answer(1U << 20U, '\0');
  std::uint32_t stream = 1;
  for (auto _ : state) {
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[kMuxHeaderBytes + 4 + i] = static_cast<char>(stream >> (24 - 8 * i));
    }
    stream += 2;
    ::send(runtime.get(), bytes.data(), bytes.size(), 0);
    value_of(connection.on_ready(POLLIN, peer));
    if (::recv(runtime.get(), answer.data(), answer.size(), MSG_DONTWAIT) < state.range(0)) {
      throw std::runtime_error("no answer");
    }
  }
}
BENCHMARK(serve_a_call)->ArgName("answer")->Arg(0)->Arg(3000)->Arg(70000);

// The same between two threads that wait in poll(2), with the fake runtime's own cost in it: what
// the kernel and the scheduler add.
void round_trip_with_fake_runtime(benchmark::State& state) {
  testing::FakeRuntime runtime;
  Connection connection(runtime.adopt_pair());
  AnsweringPeer peer(connection, 0);
  std::thread plugin([&] {
    Result<void> result;
    while (result) {
      pollfd ready{.fd = connection.fd(), .events = connection.events(), .revents = 0};
      ::poll(&ready, 1, -1);
      result = connection.on_ready(ready.revents, peer);
    }
  });
  const std::string payload = create_payload(state);
  for (auto _ : state) {
    const testing::Reply reply = runtime.call("CreateContainer", payload);
    if (reply.end != testing::ReplyEnd::kAnswered) state.SkipWithError(reply.text.c_str());
  }
  runtime.close();
  plugin.join();
}
BENCHMARK(round_trip_with_fake_runtime)
    ->ArgName("variables")
    ->Arg(14)
    ->Arg(200)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nvinject::nri

BENCHMARK_MAIN();
