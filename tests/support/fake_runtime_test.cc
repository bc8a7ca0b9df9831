// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_runtime.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <functional>
#include <thread>

#include "nri-plugin/wire/connection.h"
#include "tests/support/matchers.h"
#include "tests/support/plugin_process.h"
#include "tests/support/sample_nri.h"
#include "tests/support/temp_tree.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::testing {
namespace {

using nri::Connection;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kShort{50};

// A plugin on a thread of its own, over our own wire: registers, and answers with what the test
// says. It ends with its connection.
class SmallPlugin final : public Connection::Peer {
 public:
  using Script = std::function<Result<void>(Connection&, const Connection::IncomingCall&)>;

  explicit SmallPlugin(UniqueFd socket, Script script = {})
      : connection_(std::move(socket)), script_(std::move(script)) {
    nri::api::RegisterPluginRequest request;
    request.set_plugin_name("gpu");
    request.set_plugin_idx("10");
    EXPECT_THAT(connection_->call("nri.pkg.api.v1alpha1.Runtime", "RegisterPlugin",
                                  request.SerializeAsString(), {}),
                Succeeds());
    thread_ = std::thread([this] { serve(); });
  }
  SmallPlugin(const SmallPlugin&) = delete;
  SmallPlugin& operator=(const SmallPlugin&) = delete;
  ~SmallPlugin() override { thread_.join(); }

  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    if (incoming.call.method == "Configure") {
      return connection_->answer(incoming.stream, from_hex("10 08"));
    }
    if (incoming.call.method == "Synchronize") {
      nri::api::SynchronizeRequest request;
      EXPECT_TRUE(request.ParseFromString(std::string(incoming.call.payload)));
      return connection_->answer(incoming.stream, request.more() ? from_hex("10 01") : "");
    }
    return script_ ? script_(*connection_, incoming) : connection_->answer(incoming.stream, "");
  }
  Result<void> on_answer(std::uint32_t /*stream*/, const nri::Answer& answer) override {
    registered_with = answer;
    return {};
  }

  std::optional<nri::Answer> registered_with;

 private:
  void serve() {
    for (;;) {
      pollfd ready{.fd = connection_->fd(), .events = connection_->events(), .revents = 0};
      ::poll(&ready, 1, -1);
      if (!connection_->on_ready(ready.revents, *this)) return connection_.reset();
    }
  }

  std::optional<Connection> connection_;
  Script script_;
  std::thread thread_;
};

RuntimeOptions impatient() {
  return {.registration_timeout = milliseconds(500), .request_timeout = milliseconds(200)};
}

// How a runtime that has started a plugin with `script` sees one CreateContainer.
Reply reply_to(SmallPlugin::Script script, RuntimeOptions options = impatient()) {
  FakeRuntime runtime(std::move(options));
  const SmallPlugin plugin(runtime.adopt_pair(), std::move(script));
  const Reply started = runtime.start();
  EXPECT_EQ(started.end, ReplyEnd::kAnswered) << started.text;
  Reply reply = runtime.create_container(sample_create_request());
  runtime.close();
  return reply;
}

TEST(FakeRuntime, APluginIsRegisteredConfiguredAndAsked) {
  FakeRuntime runtime;
  const SmallPlugin plugin(runtime.adopt_pair());
  const auto registration = runtime.await_registration();
  ASSERT_EQ(registration.end, ReplyEnd::kAnswered);
  EXPECT_EQ(registration.message.plugin_name(), "gpu");
  EXPECT_EQ(registration.message.plugin_idx(), "10");
  const auto configuration = runtime.configure();
  ASSERT_EQ(configuration.end, ReplyEnd::kAnswered);
  EXPECT_EQ(configuration.message.events(), 8);
  EXPECT_EQ(runtime.synchronize({}).end, ReplyEnd::kAnswered);
  const auto created = runtime.create_container(sample_create_request());
  EXPECT_EQ(created.end, ReplyEnd::kAnswered);
  EXPECT_FALSE(created.message.has_adjust());
  EXPECT_GT(created.round_trip.count(), 0);
  EXPECT_TRUE(runtime.connected());
  runtime.close();
}

TEST(FakeRuntime, TheKnobsChangeNothingForAPluginThatKnowsItsProtocol) {
  for (const Writing writing : {Writing::kAtOnce, Writing::kAsGo, Writing::kByteByByte}) {
    for (const bool knob : {false, true}) {
      RuntimeOptions options;
      options.writing = writing;
      options.configures_first = knob;
      options.metadata = knob;
      options.unknown_fields = knob;
      const Reply reply = reply_to(
          [](Connection& connection, const Connection::IncomingCall& incoming) {
            nri::api::CreateContainerRequest request;
            EXPECT_TRUE(request.ParseFromString(std::string(incoming.call.payload)));
            EXPECT_EQ(request.container().name(), "main");
            EXPECT_GT(incoming.call.timeout, std::chrono::seconds(1));
            return connection.answer(incoming.stream, "");
          },
          options);
      EXPECT_EQ(reply.end, ReplyEnd::kAnswered);
    }
  }
}

TEST(FakeRuntime, ANodeOfMegabytesIsSynchronizedInPartsOrInOne) {
  const auto all = sample_synchronize_request(2000);
  EXPECT_GT(all.ByteSizeLong(), 8U << 20U);
  for (const bool splits : {true, false}) {
    FakeRuntime runtime(
        {.request_timeout = std::chrono::seconds(20), .splits_synchronize = splits});
    const SmallPlugin plugin(runtime.adopt_pair());
    ASSERT_EQ(runtime.start().end, ReplyEnd::kAnswered);
    const auto reply = runtime.synchronize(all);
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
    runtime.close();
  }
}

TEST(FakeRuntime, ARefusalKeepsThePlugin) {
  const Reply reply =
      reply_to([](Connection& connection, const Connection::IncomingCall& incoming) {
        return connection.refuse(incoming.stream, nri::StatusCode::kNotFound, "GPU 9");
      });
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_EQ(reply.code, 5);
  EXPECT_EQ(reply.text, "GPU 9");
}

TEST(FakeRuntime, SilenceAndTheEndAreToldApart) {
  EXPECT_EQ(
      reply_to([](Connection&, const Connection::IncomingCall&) { return Result<void>(); }).end,
      ReplyEnd::kNoAnswer);
  EXPECT_EQ(reply_to([](Connection&, const Connection::IncomingCall&) -> Result<void> {
              return fail(ErrorCode::kInternal, "enough");
            }).end,
            ReplyEnd::kClosed);
}

TEST(FakeRuntime, WhatGoCannotReadIsUnreadable) {
  for (const char* payload : {"0a 05 61", "0a 06 1a 04 0a 02 2f ff"}) {
    const Reply reply =
        reply_to([&](Connection& connection, const Connection::IncomingCall& incoming) {
          return connection.answer(incoming.stream, from_hex(payload));
        });
    EXPECT_EQ(reply.end, ReplyEnd::kUnreadable) << payload;
  }
}

TEST(FakeRuntime, AViolatedProtocolIsCalledSo) {
  for (const auto& [name, make] :
       std::initializer_list<std::pair<const char*, std::function<std::string(std::uint32_t)>>>{
           {"ENOMEM",
            [](std::uint32_t) {
              std::string frame;
              nri::append_mux_frame(1, std::string(5000, '\0'), frame);
              return frame;
            }},
           {"type 3", [](std::uint32_t stream) {
              std::string frames;
              const nri::TtrpcMessage message{.stream = stream, .type = 3, .flags = 0, .data = "x"};
              EXPECT_THAT(nri::append_ttrpc_frames(1, message, frames), Succeeds());
              return frames;
            }}}) {
    const Reply reply =
        reply_to([&](Connection& connection, const Connection::IncomingCall& incoming) {
          const std::string bytes = make(incoming.stream);
          EXPECT_GT(::send(connection.fd(), bytes.data(), bytes.size(), 0), 0);
          return Result<void>();
        });
    EXPECT_EQ(reply.end, ReplyEnd::kViolated);
    EXPECT_THAT(reply.text, HasSubstr(name));
  }
}

TEST(FakeRuntime, ARegistrationMayBeRefusedAndTheSocketStaysOpen) {
  RuntimeOptions options = impatient();
  options.refuses_registration = "invalid plugin index";
  FakeRuntime runtime(options);
  {
    const SmallPlugin plugin(runtime.adopt_pair());
    EXPECT_EQ(runtime.await_registration().end, ReplyEnd::kAnswered);
    EXPECT_FALSE(runtime.closes(kShort));
    EXPECT_TRUE(runtime.connected());
    runtime.close();
  }
}

TEST(FakeRuntime, APluginThatDoesNotRegisterIsNoPlugin) {
  FakeRuntime runtime({.registration_timeout = kShort});
  const UniqueFd silent = runtime.adopt_pair();
  EXPECT_EQ(runtime.await_registration().end, ReplyEnd::kNoAnswer);
  EXPECT_FALSE(runtime.connected());
}

TEST(FakeRuntime, AnUnknownEventFallsBackToStateChange) {
  for (const char* nri_version : {"", "v0.12.0"}) {
    std::string methods;
    RuntimeOptions options = impatient();
    options.nri_version = nri_version;
    FakeRuntime runtime(options);
    const SmallPlugin plugin(runtime.adopt_pair(), [&](Connection& connection,
                                                       const Connection::IncomingCall& incoming) {
      methods.append(incoming.call.method).append(" ");
      return incoming.call.method == "StateChange"
                 ? connection.answer(incoming.stream, "")
                 : connection.refuse(incoming.stream, nri::StatusCode::kUnimplemented, "method");
    });
    ASSERT_EQ(runtime.start().end, ReplyEnd::kAnswered);
    EXPECT_EQ(runtime.event("RemoveContainer", nri::api::REMOVE_CONTAINER, {}).end,
              ReplyEnd::kAnswered);
    EXPECT_EQ(methods, *nri_version == '\0' ? "StateChange " : "RemoveContainer StateChange ");
    runtime.close();
  }
}

TEST(FakeRuntime, CallsMayOverlap) {
  FakeRuntime runtime(impatient());
  const SmallPlugin plugin(runtime.adopt_pair());
  ASSERT_EQ(runtime.start().end, ReplyEnd::kAnswered);
  const std::uint32_t first = runtime.send_call("StopContainer", "");
  const std::uint32_t second = runtime.send_call("StopContainer", "");
  EXPECT_EQ(runtime.await(second, kShort).end, ReplyEnd::kAnswered);
  EXPECT_EQ(runtime.await(first, kShort).end, ReplyEnd::kAnswered);
  runtime.close();
}

TEST(FakeRuntime, PluginsComeOverTheSocketToo) {
  const TempTree tree;
  FakeRuntime runtime(impatient());
  EXPECT_THROW(runtime.listen(tree.path(std::string(200, 'x'))), std::runtime_error);
  runtime.listen(tree.path("nri.sock"));
  EXPECT_FALSE(runtime.accept(kShort));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  tree.path("nri.sock").copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_TRUE(runtime.accept(kShort));
  const SmallPlugin plugin(std::move(socket));
  EXPECT_EQ(runtime.start().end, ReplyEnd::kAnswered);
  runtime.close();
}

TEST(PluginProcess, ALaunchedPluginHasAThirdDescriptorAndThreeVariables) {
  const TempTree tree;
  const std::string script = tree.path("plugin");
  tree.file("plugin",
            "#!/bin/sh\n{ echo $0; env | grep -v ^PWD= | sort; readlink /proc/$$/fd/0; } >" +
                tree.path("out") + "\nexec cat <&3 >/dev/null\n");
  ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
  FakeRuntime runtime(impatient());
  auto process = PluginProcess::launch(script, "10", "gpu", runtime.adopt_pair());
  EXPECT_FALSE(runtime.closes(kShort));
  runtime.close();
  EXPECT_EQ(process.wait(std::chrono::seconds(5)), 0);
  EXPECT_EQ(tree.read("out"), script +
                                  "\nNRI_PLUGIN_IDX=10\nNRI_PLUGIN_NAME=gpu\n"
                                  "NRI_PLUGIN_SOCKET=3\n/dev/null\n");
}

TEST(PluginProcess, TheEndOfALaunchedPluginIsTheEndOfItsConnection) {
  FakeRuntime runtime(impatient());
  auto process = PluginProcess::launch("/bin/true", "10", "gpu", runtime.adopt_pair());
  EXPECT_TRUE(runtime.closes(std::chrono::seconds(5)));
  EXPECT_EQ(process.wait(std::chrono::seconds(5)), 0);
  EXPECT_THROW((void)PluginProcess::launch("/does/not/exist", "10", "gpu", runtime.adopt_pair()),
               std::runtime_error);
}

TEST(PluginProcess, AStartedOneIsKilledAtTheLatestAtTheEndOfItsScope) {
  const TempTree tree;
  auto echo = PluginProcess::start({"/bin/sh", "-c", "echo $A; ls /proc/self/fd | wc -l"}, {"A=b"},
                                   tree.path("log"));
  EXPECT_EQ(echo.wait(std::chrono::seconds(5)), 0);
  EXPECT_EQ(tree.read("log"), "b\n4\n");  // three and the folder's own
  pid_t pid = 0;
  {
    auto sleeper = PluginProcess::start({"/bin/sleep", "1000"}, {}, tree.path("log"));
    EXPECT_EQ(sleeper.wait(milliseconds(1)), std::nullopt);
    pid = sleeper.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace nvinject::testing
