// SPDX-License-Identifier: Apache-2.0

// From the connection to the moment the plugin is active, and what a runtime may say besides.
// "Fact" and "pitfall" are the numbers of the reference: NRI, "Ten facts" and "Pitfalls".

#include <string>

#include "nri-plugin/wire/envelope.h"
#include "tests/nri/session_fixture.h"
#include "tests/nri/status_codes.h"

namespace nvinject::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr std::uint8_t kRequest = 1;

class Handshake : public SessionTest {
 protected:
  static std::string call_of(const char* service, const char* method) {
    return nri::print_call(
        {.service = service, .method = method, .payload = {}, .timeout = std::nullopt});
  }
  void send_configure(std::uint32_t mux_stream, std::uint8_t type) {
    runtime_->send_message({.mux_stream = mux_stream,
                            .stream = 1001,
                            .type = type,
                            .flags = 0,
                            .data = call_of("nri.pkg.api.v1alpha1.Plugin", "Configure")});
  }
};

TEST_F(Handshake, RegistersUnderItsNameAndIndexAndSaysWhichProtocolItSpeaks) {
  connect();
  const auto registration = runtime_->await_registration();
  ASSERT_EQ(registration.end, ReplyEnd::kAnswered);
  EXPECT_EQ(registration.message.plugin_name(), "nvinject");
  EXPECT_EQ(registration.message.plugin_idx(), "10");
  EXPECT_THAT(registration.message.nri_version(), HasSubstr("v0."));
}

// Fact 5, pitfalls 5 and 7: a bit that the runtime does not know is refused, none means all.
TEST_F(Handshake, SubscribesToCreateStopAndRemoveContainerAndNothingElse) {
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  const auto configured = runtime_->configure();
  ASSERT_EQ(configured.end, ReplyEnd::kAnswered);
  EXPECT_EQ(configured.message.events(), 0x608);
  EXPECT_EQ(configured.payload, std::string("\x10\x88\x0c"));
}

// Pitfall 3.
TEST_F(Handshake, ConfigureMayOvertakeTheAnswerToTheRegistration) {
  options_.configures_first = true;
  connect();
  ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  EXPECT_TRUE(session_->registered());
  EXPECT_TRUE(session_->synchronised());
  expect_alive();
}

TEST_F(Handshake, TheAnswerToTheRegistrationMayComeBeforeConfigure) {
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  EXPECT_FALSE(session_->registered());
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  EXPECT_TRUE(session_->registered());
  EXPECT_FALSE(session_->synchronised());
  ASSERT_EQ(runtime_->synchronize({}).end, ReplyEnd::kAnswered);
  EXPECT_TRUE(session_->synchronised());
}

// Pitfall 4: the runtime leaves the socket of a plugin that it refused open.
TEST_F(Handshake, ARefusedRegistrationEndsTheConnectionWithTheRuntimesWords) {
  options_.refuses_registration = "plugin name already taken\n\x1b[31m";
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  const auto why = session_->ends(kPatience);
  ASSERT_TRUE(why);
  EXPECT_THAT(why->message, HasSubstr("already taken"));
  EXPECT_EQ(why->message.find('\n'), std::string::npos);
  EXPECT_TRUE(runtime_->closes(kPatience));
}

// Pitfall 4: on a busy node the answer takes as long as somebody's grace period.
TEST_F(Handshake, WaitsForTheAnswerToTheRegistrationWithoutADeadline) {
  options_.configures_first = true;  // nothing is answered before configure()
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  EXPECT_FALSE(session_->has_deadline());
  EXPECT_FALSE(session_->ends(0ms));
}

// Pitfall 6: without `more` in the answer the runtime drops the plugin. Containers are told of in
// one message and their pods in another.
TEST_F(Handshake, ASynchronizeInPartsIsAnsweredInPartsAndTakenAsOne) {
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  auto all = sample_synchronize_request(1500);
  for (const int i : {0, 1499}) {
    all.mutable_containers(i)->add_env("NVIDIA_VISIBLE_DEVICES=all");
    all.mutable_pods(i)->set_name("pod-" + std::to_string(i));
  }
  ASSERT_GT(all.ByteSizeLong(), 4U << 20U);
  const auto reply = runtime_->synchronize(all);
  ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
  EXPECT_FALSE(reply.message.more());
  EXPECT_EQ(reply.payload, "");  // no updates either
  const StatusReport report = session_->report();
  ASSERT_THAT(report.containers, SizeIs(2));
  EXPECT_EQ(report.containers[0].pod, "pod-0");
  EXPECT_EQ(report.containers[1].pod, "pod-1499");
  EXPECT_EQ(report.containers[0].outcome, ContainerOutcome::kWithout);
}

TEST_F(Handshake, IsNotSynchronisedWhileMoreIsToCome) {
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  api::SynchronizeRequest part = sample_synchronize_request(1);
  part.set_more(true);
  const Reply reply = runtime_->call("Synchronize", part.SerializeAsString());
  ASSERT_EQ(reply.end, ReplyEnd::kAnswered);
  EXPECT_EQ(reply.payload, "\x10\x01");
  EXPECT_FALSE(session_->synchronised());
}

// Pitfall 6: NRI 0.6 sends what newer ones split, up to 16 MiB.
TEST_F(Handshake, AnOldRuntimesSynchronizeOfTenMegabytesIsTakenInOnePiece) {
  options_ = {.version = "1.7.24",
              .nri_version = "",
              .request_timeout = kPatience,
              .tells_timeouts = false,
              .splits_synchronize = false};
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  auto all = sample_synchronize_request(1800, 80);
  all.mutable_containers(1799)->add_env("NVIDIA_VISIBLE_DEVICES=0");
  ASSERT_GT(all.ByteSizeLong(), 9'800'000U);
  ASSERT_LT(all.ByteSizeLong(), 16U << 20U);
  const auto reply = runtime_->synchronize(all);
  ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
  EXPECT_THAT(session_->report().containers, SizeIs(1));
  expect_alive();
}

// What the runtime says when it comes again is all that there is.
TEST_F(Handshake, ASecondSynchronizeReplacesTheFirst) {
  start();
  auto before = sample_synchronize_request(2);
  for (auto& container : *before.mutable_containers()) {
    container.add_env("NVIDIA_VISIBLE_DEVICES=all");
  }
  ASSERT_EQ(runtime_->synchronize(before).end, ReplyEnd::kAnswered);
  ASSERT_THAT(session_->report().containers, SizeIs(2));
  ASSERT_EQ(runtime_->synchronize({}).end, ReplyEnd::kAnswered);
  EXPECT_THAT(session_->report().containers, IsEmpty());
}

TEST_F(Handshake, AMalformedSynchronizeIsRefusedAndTheConnectionKept) {
  start();
  const Reply reply = runtime_->call("Synchronize", "\x12\x7f");
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_EQ(reply.code, kInvalidArgument);
  expect_alive();
}

TEST_F(Handshake, AMalformedConfigureIsRefusedAndTheConnectionKept) {
  connect();
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  EXPECT_EQ(runtime_->call("Configure", "\x12\x7f").end, ReplyEnd::kRefused);
  EXPECT_FALSE(session_->registered());
  EXPECT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  EXPECT_TRUE(session_->registered());
}

// Pitfall 16: what runtimes call themselves is free text.
TEST_F(Handshake, AnyVersionOfARuntimeIsTakenAndShownEscaped) {
  for (const char* const version :
       {"v2.1.4", "1.7.24~ds1", "2.4.0-beta+unknown", "1.34.0", "(devel)", "", "\xff\n"}) {
    options_.version = version;
    connect();
    ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered) << version;
    EXPECT_EQ(session_->report().runtime.find_first_of("\n\xff"), std::string::npos);
    expect_alive();
  }
}

// Pitfall 2: a message comes in any pieces.
TEST_F(Handshake, TakesWhatComesInAnyPieces) {
  for (const Writing writing : {Writing::kAsGo, Writing::kByteByByte}) {
    options_.writing = writing;
    start();
    const auto request = sample_create_request(200, 27);
    ASSERT_GT(request.ByteSizeLong(), 4096U);
    EXPECT_EQ(create(request).end, ReplyEnd::kAnswered);
    EXPECT_GT(create(asking_for("0")).message.adjust().mounts_size(), 0);
  }
}

// Pitfall 21.
TEST_F(Handshake, UnknownFieldsAndMetadataOfTracingAreIgnored) {
  options_.unknown_fields = true;
  options_.metadata = true;
  start();
  EXPECT_EQ(create(sample_create_request()).payload, "");
  EXPECT_GT(create(asking_for("0")).message.adjust().linux().devices_size(), 0);
}

// Pitfall 21, fact 5: with status 12 a runtime falls back to what we know.
TEST_F(Handshake, UnknownMethodsAreUnimplemented) {
  start();
  for (const char* const method :
       {"UpdatePodSandbox", "RunPodSandbox", "PostStartContainer", "ValidateContainerAdjustment",
        "UpdateContainer", "createcontainer", "", "Configure2\n"}) {
    const Reply reply = runtime_->call(method, "");
    EXPECT_EQ(reply.end, ReplyEnd::kRefused) << method;
    EXPECT_EQ(reply.code, kUnimplemented) << method;
    EXPECT_EQ(reply.text.find('\n'), std::string::npos);
  }
  expect_alive();
}

TEST_F(Handshake, UnknownServicesAreUnimplemented) {
  start();
  const std::uint32_t stream =
      runtime_->send_envelope(call_of("nri.pkg.api.v2.Plugin", "Configure"));
  const Reply reply = runtime_->await(stream, kPatience);
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_EQ(reply.code, kUnimplemented);
  EXPECT_THAT(reply.text, HasSubstr("nri.pkg.api.v2.Plugin"));
  expect_alive();
}

// Pitfalls 21 and 22: what a newer runtime may send, and what Go ignores.
TEST_F(Handshake, UnknownMessageTypesAndConnectionsAreDropped) {
  start();
  send_configure(1, 0x7f);
  send_configure(0, kRequest);
  send_configure(77, kRequest);
  runtime_->send_raw(std::string("\0\0\0\1\0\0\0\0", 8));  // a frame of nothing
  expect_alive();
}

// Fact 10: nobody calls it; whoever does gets an answer.
TEST_F(Handshake, ShutdownIsAcknowledged) {
  start();
  const Reply reply = runtime_->call("Shutdown", "");
  EXPECT_EQ(reply.end, ReplyEnd::kAnswered);
  EXPECT_EQ(reply.payload, "");
}

TEST_F(Handshake, TheEndOfTheSocketIsTheEndOfTheSession) {
  start();
  runtime_->close();
  const auto why = session_->ends(kPatience);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace nvinject::testing
