// SPDX-License-Identifier: Apache-2.0
#pragma once

// A container runtime's side of NRI, as containerd and CRI-O behave with containerd/nri 0.6 to
// 0.12, one plugin at a time. It reads as Go does (go_peer.h), so what would end a plugin's
// connection there ends it here; it shares no code with nri-plugin/wire. Calls block, with
// deadlines.
//
//   FakeRuntime runtime;
//   runtime.listen(tree.path("nri.sock"));
//   … start the plugin …
//   ASSERT_TRUE(runtime.accept(5s));
//   ASSERT_EQ(runtime.start().end, ReplyEnd::kAnswered);
//   const auto reply = runtime.create_container(request);
//
// Failures of the machine itself (no socket, no memory) throw.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/unique_fd.h"
#include "proto/nri.pb.h"
#include "tests/support/go_peer.h"

namespace nvinject::testing {

// What a real runtime makes of it: kAnswered and kRefused keep the plugin, and kRefused and
// kUnreadable fail the container; all others drop the plugin and create the container as it was.
enum class ReplyEnd {
  kAnswered,
  kRefused,     // a status; `code` and `text` have it
  kUnreadable,  // an answer whose payload is no protobuf message of the wanted type
  kNoAnswer,    // not in time
  kClosed,      // by the plugin
  kViolated,    // the protocol; `text` says how
};

struct Reply {
  ReplyEnd end = ReplyEnd::kNoAnswer;
  int code = 0;
  std::string text;
  std::string payload;
  std::chrono::nanoseconds round_trip{};  // from before the first write to the whole answer
};

template <class Message>
struct ReplyOf : Reply {
  Message message;  // of `payload`
};

// How the bytes of a message are written.
enum class Writing { kAtOnce, kAsGo, kByteByByte };

struct RuntimeOptions {
  std::string name = "containerd";
  std::string version = "v2.3.0";
  std::string nri_version = "v0.12.0";  // "" before NRI 0.12
  std::string config;                   // only ever for launched plugins
  std::chrono::milliseconds registration_timeout{5000};
  std::chrono::milliseconds request_timeout{2000};
  bool tells_timeouts = true;        // since NRI 0.7
  bool splits_synchronize = true;    // since NRI 0.7; otherwise one message of up to 16 MiB
  bool configures_first = false;     // both orders are seen
  std::string refuses_registration;  // with this text
  bool metadata = false;             // in each envelope, as with tracing
  bool unknown_fields = false;       // in each message, as of a newer NRI
  Writing writing = Writing::kAtOnce;
};

class FakeRuntime {
 public:
  explicit FakeRuntime(RuntimeOptions options = {}) : options_(std::move(options)) {}

  // The socket for plugins, replaced when it is there.
  void listen(const std::string& path);
  // Waits for a plugin; what is left of the one before is closed. False: nobody came.
  [[nodiscard]] bool accept(std::chrono::milliseconds patience);
  // A connection made elsewhere: one end of a socket pair.
  void adopt(UniqueFd socket);
  // A socket pair: one end is adopted, the other is returned, for PluginProcess::launch.
  [[nodiscard]] UniqueFd adopt_pair();
  void close();
  [[nodiscard]] bool connected() const { return socket_.valid(); }

  // The handshake as a whole: registration, Configure, Synchronize without containers. The last
  // reply, or the first that is not kAnswered.
  Reply start();

  // Its parts. With configures_first, configure() also answers the registration.
  ReplyOf<nri::api::RegisterPluginRequest> await_registration();
  ReplyOf<nri::api::ConfigureResponse> configure();
  // In as many messages as it takes; together they have one request_timeout.
  ReplyOf<nri::api::SynchronizeResponse> synchronize(const nri::api::SynchronizeRequest& all);

  ReplyOf<nri::api::CreateContainerResponse> create_container(
      const nri::api::CreateContainerRequest& request);
  Reply stop_container(const nri::api::ContainerEventRequest& request);
  // To a method that replaced StateChange in NRI 0.12 ("RemoveContainer"), and, when the plugin
  // does not know it, to StateChange.
  Reply event(std::string_view method, nri::api::Event event,
              const nri::api::ContainerEventRequest& request);
  Reply state_change(const nri::api::StateChangeEvent& event);

  // Any method of the plugin's service, within request_timeout.
  Reply call(std::string_view method, std::string_view payload);
  // The same in two halves, for calls that overlap. Waiting in vain does not end the connection.
  std::uint32_t send_call(std::string_view method, std::string_view payload);
  // With an envelope of the caller's own: bytes of a ttrpc.Request.
  std::uint32_t send_envelope(std::string envelope);
  Reply await(std::uint32_t stream, std::chrono::milliseconds patience);

  // For misbehaviour: a message of any kind, and bytes below mux and ttrpc.
  void send_message(const GoPeer::Message& message);
  void send_raw(std::string_view bytes);
  // Until the plugin closes, or `patience` is over. What it sends is read on the way.
  [[nodiscard]] bool closes(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;

  struct PluginCall {  // of RegisterPlugin; others are refused at once
    std::uint32_t stream = 0;
    std::string payload;
  };

  [[nodiscard]] std::string envelope(std::string_view method, std::string_view payload,
                                     std::chrono::nanoseconds timeout) const;
  void answer_plugin(std::uint32_t stream, int code, std::string_view text);
  void answer_registration();
  Reply call_until(std::string_view method, std::string_view payload, Clock::time_point deadline);
  std::uint32_t send_call_until(std::string_view method, std::string_view payload,
                                Clock::time_point deadline);
  Reply await_until(std::uint32_t stream, Clock::time_point deadline);
  [[nodiscard]] bool wait(short events, Clock::time_point deadline);
  void receive();
  void on_response(GoPeer::Message message);
  void on_plugin_call(const GoPeer::Message& message);
  void end(ReplyEnd how, std::string text);

  RuntimeOptions options_;
  UniqueFd listener_;
  UniqueFd socket_;
  GoPeer go_;
  std::string read_buffer_;
  std::optional<Reply> ended_;  // how the connection did
  std::uint32_t next_stream_ = 1;
  std::uint32_t last_plugin_stream_ = 0;
  std::optional<std::uint32_t> registration_;  // stream of the unanswered one
  std::map<std::uint32_t, std::optional<GoPeer::Message>> responses_;  // of all open calls
  std::deque<PluginCall> plugin_calls_;
};

}  // namespace nvinject::testing
