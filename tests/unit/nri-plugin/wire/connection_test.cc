// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/connection.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <stdexcept>

#include "proto/ttrpc.pb.h"
#include "tests/support/go_peer.h"
#include "tests/support/matchers.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::from_hex;
using testing::GoPeer;
using ::testing::IsEmpty;
using testing::numbered_bytes;
using ::testing::SizeIs;
using testing::Succeeds;

constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kResponse = 2;

Clock::time_point fake_now_value;
Clock::time_point fake_now() { return fake_now_value; }

// Answers every call with `reply` of it, and notes what it saw.
class RecordingPeer : public Connection::Peer {
 public:
  struct Seen {
    std::uint32_t stream;
    std::string service, method, payload;
    bool operator==(const Seen&) const = default;
  };
  std::function<Result<void>(const Connection::IncomingCall&)> reply;
  std::vector<Seen> calls;
  std::vector<std::pair<std::uint32_t, StatusCode>> answers;
  std::string answer_payload;

  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    const Call& call = incoming.call;
    calls.push_back({incoming.stream, std::string(call.service), std::string(call.method),
                     std::string(call.payload)});
    return reply ? reply(incoming) : Result<void>();
  }
  Result<void> on_answer(std::uint32_t stream, const Answer& answer) override {
    answers.emplace_back(stream, answer.code);
    answer_payload = answer.payload;
    return {};
  }
};

std::pair<UniqueFd, UniqueFd> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    throw std::runtime_error("socketpair");
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// A message of a runtime, framed as Go does.
std::string go_bytes(std::uint32_t mux_stream, const TtrpcMessage& message) {
  std::string out;
  for (const std::string& write : testing::go_writes(
           {mux_stream, message.stream, message.type, message.flags, std::string(message.data)})) {
    out += write;
  }
  return out;
}

std::string call_bytes(std::uint32_t stream, std::string_view method,
                       std::string_view payload = "") {
  const std::string data =
      print_call({.service = "S", .method = method, .payload = payload, .timeout = std::nullopt});
  return go_bytes(kPluginStream, {.stream = stream, .type = kRequest, .flags = 0, .data = data});
}

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() : ConnectionTest(socket_pair()) {}

  void send(std::string_view bytes) const {
    ASSERT_EQ(::send(runtime_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  Result<void> on_ready() { return connection_.on_ready(POLLIN, peer_); }
  // What a Go runtime sees of all that was sent so far.
  Result<std::vector<GoPeer::Message>> received() { return go_.feed(raw()); }
  [[nodiscard]] std::string raw() const {
    std::string out;
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::recv(runtime_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(got));
    }
  }
  void answer_with(std::string payload) {
    peer_.reply = [this, payload = std::move(payload)](const Connection::IncomingCall& incoming) {
      return connection_.answer(incoming.stream, payload);
    };
  }
  // One message of status `code` on `stream` came.
  void expect_status(std::uint32_t stream, StatusCode code) {
    const auto messages = received();
    ASSERT_THAT(messages, Succeeds());
    ASSERT_THAT(*messages, SizeIs(1));
    const GoPeer::Message& message = messages->front();
    EXPECT_EQ(message.mux_stream, kPluginStream);
    EXPECT_EQ(message.stream, stream);
    EXPECT_EQ(message.type, kResponse);
    const auto answer = parse_answer(message.data);
    ASSERT_THAT(answer, Succeeds());
    EXPECT_EQ(answer->code, code);
  }

  explicit ConnectionTest(std::pair<UniqueFd, UniqueFd> fds)
      : runtime_(std::move(fds.first)), connection_(std::move(fds.second), &fake_now) {
    fake_now_value = Clock::time_point(std::chrono::hours(1000));
  }

  UniqueFd runtime_;
  Connection connection_;
  RecordingPeer peer_;
  GoPeer go_;
};

TEST_F(ConnectionTest, TheSocketNeitherBlocksNorIsInherited) {
  EXPECT_NE(::fcntl(connection_.fd(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(connection_.fd(), F_GETFD), FD_CLOEXEC);
  EXPECT_THAT(on_ready(), Succeeds());
  EXPECT_EQ(connection_.events(), POLLIN);
  EXPECT_EQ(connection_.deadline(), Clock::time_point::max());
}

// The vectors were captured between a Go plugin and NRI v0.12.2.
TEST_F(ConnectionTest, RegistrationIsByteForByteWhatGoSends) {
  const auto stream = connection_.call(
      "nri.pkg.api.v1alpha1.Runtime", "RegisterPlugin",
      from_hex("0a 03 67 70 75 12 02 31 30 1a 07 76 30 2e 31 32 2e 32"), std::chrono::seconds(5));
  ASSERT_THAT(stream, Succeeds());
  EXPECT_EQ(*stream, 1);
  // In two frames where Go has one of 0x52 bytes.
  EXPECT_EQ(raw(),
            from_hex("00 00 00 02 00 00 00 0a | 00 00 00 48 00 00 00 01 01 00 |"
                     "00 00 00 02 00 00 00 48 | 0a 1c 6e 72 69 2e 70 6b 67 2e 61 70 69 2e 76 31"
                     "61 6c 70 68 61 31 2e 52 75 6e 74 69 6d 65 12 0e 52 65 67 69 73 74 65 72 50"
                     "6c 75 67 69 6e 1a 12 0a 03 67 70 75 12 02 31 30 1a 07 76 30 2e 31 32 2e 32"
                     "20 80 e4 97 d0 12"));
  send(from_hex("00 00 00 02 00 00 00 0a | 00 00 00 00 00 00 00 01 02 00"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.answers, ElementsAre(std::pair(1U, StatusCode::kOk)));
}

TEST_F(ConnectionTest, ConfigureIsTakenAtEverySplit) {
  const std::string configure = from_hex(
      "00 00 00 01 00 00 00 5f | 00 00 00 55 00 00 00 01 01 00 | 0a 1b 6e 72 69 2e 70 6b 67 2e 61"
      "70 69 2e 76 31 61 6c 70 68 61 31 2e 50 6c 75 67 69 6e 12 09 43 6f 6e 66 69 67 75 72 65 1a 25"
      "12 0c 6d 6f 63 6b 2d 72 75 6e 74 69 6d 65 1a 06 76 31 2e 32 2e 33 20 88 27 28 d0 0f 32 07 76"
      "30 2e 31 32 2e 32 20 fc 9f cf b9 07");
  for (std::size_t split = 1; split < configure.size(); ++split) {
    auto [runtime, plugin] = socket_pair();
    Connection connection(std::move(plugin));
    RecordingPeer peer;
    peer.reply = [&](const Connection::IncomingCall& incoming) {
      return connection.answer(incoming.stream, from_hex("10 08"));
    };
    ASSERT_EQ(::send(runtime.get(), configure.data(), split, 0), static_cast<ssize_t>(split));
    ASSERT_THAT(connection.on_ready(POLLIN, peer), Succeeds());
    ASSERT_THAT(peer.calls, IsEmpty());
    ASSERT_GT(::send(runtime.get(), configure.data() + split, configure.size() - split, 0), 0);
    ASSERT_THAT(connection.on_ready(POLLIN, peer), Succeeds());
    ASSERT_THAT(peer.calls, SizeIs(1));
    EXPECT_EQ(peer.calls[0].method, "Configure");
    char reply[64];
    const ssize_t got = ::recv(runtime.get(), reply, sizeof reply, MSG_DONTWAIT);
    ASSERT_EQ(got, 8 + 10 + 8 + 4);
    EXPECT_EQ(std::string(reply, 30),
              from_hex("00 00 00 01 00 00 00 0a | 00 00 00 04 00 00 00 01 02 00 |"
                       "00 00 00 01 00 00 00 04 | 12 02 10 08"));
  }
}

TEST_F(ConnectionTest, AnEmptyAnswerIsOneHeader) {
  answer_with("");
  send(call_bytes(3, "StateChange"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_EQ(raw(), from_hex("00 00 00 01 00 00 00 0a | 00 00 00 00 00 00 00 03 02 00"));
}

// Configure may overtake the answer to the registration.
TEST_F(ConnectionTest, ACallIsServedWhileOursIsOpen) {
  answer_with("");
  ASSERT_THAT(connection_.call("R", "RegisterPlugin", "", std::chrono::seconds(0)), Succeeds());
  send(call_bytes(1, "Configure"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, SizeIs(1));
  EXPECT_THAT(peer_.answers, IsEmpty());
  send(go_bytes(kRuntimeStream, {.stream = 1, .type = kResponse, .flags = 0, .data = ""}));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.answers, ElementsAre(std::pair(1U, StatusCode::kOk)));
}

TEST_F(ConnectionTest, ARefusedCallOfOursSaysWhy) {
  ASSERT_THAT(connection_.call("R", "RegisterPlugin", "", std::chrono::seconds(0)), Succeeds());
  const std::string data = print_failure(StatusCode::kUnknown, "invalid plugin index");
  send(go_bytes(kRuntimeStream, {.stream = 1, .type = kResponse, .flags = 0, .data = data}));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.answers, ElementsAre(std::pair(1U, StatusCode::kUnknown)));
}

TEST_F(ConnectionTest, PipelinedCallsAreServedInTheirOrder) {
  answer_with("x");
  std::string bytes;
  for (std::uint32_t stream = 1; stream < 200; stream += 2) bytes += call_bytes(stream, "M");
  send(bytes);
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, SizeIs(100));
  const auto messages = received();
  ASSERT_THAT(messages, Succeeds());
  ASSERT_THAT(*messages, SizeIs(100));
  EXPECT_EQ(messages->back().stream, 199);
}

TEST_F(ConnectionTest, CallsMayBeAnsweredLaterAndInAnyOrder) {
  send(call_bytes(1, "A") + call_bytes(3, "B"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(raw(), IsEmpty());
  ASSERT_THAT(connection_.refuse(3, StatusCode::kNotFound, "b"), Succeeds());
  expect_status(3, StatusCode::kNotFound);
  ASSERT_THAT(connection_.answer(1, "a"), Succeeds());
  expect_status(1, StatusCode::kOk);
}

TEST_F(ConnectionTest, ALargeCallComesInTwoFrames) {
  const std::string payload = numbered_bytes(70000);
  send(call_bytes(1, "CreateContainer", payload));
  while (peer_.calls.empty()) ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_TRUE(peer_.calls[0].payload == payload);
}

// What a Go runtime takes must be every size, from an empty answer to 4 MiB.
TEST_F(ConnectionTest, AGoPeerTakesAnswersOfEverySize) {
  std::uint32_t stream = 1;
  for (const std::size_t size :
       {4085UL, 4086UL, 4087UL, 4095UL, 4096UL, 4097UL, 4106UL, 4107UL, 5000UL, 8181UL, 8192UL,
        8193UL, 65536UL, 70000UL, 1048576UL, 4194314UL}) {
    // The envelope around the payload has a byte of tag and one to four of length.
    std::size_t payload_bytes = size - 10;
    while (print_answer(std::string(payload_bytes, 'x')).size() > size - 10) --payload_bytes;
    const std::string payload = numbered_bytes(payload_bytes);
    answer_with(payload);
    send(call_bytes(stream, "M"));
    ASSERT_THAT(on_ready(), Succeeds());
    std::vector<GoPeer::Message> messages;
    while (messages.empty()) {
      const auto some = received();
      ASSERT_THAT(some, Succeeds()) << size;
      messages = *some;
      ASSERT_THAT(connection_.on_ready(POLLOUT, peer_), Succeeds());
    }
    ASSERT_THAT(messages, SizeIs(1));
    EXPECT_EQ(messages[0].stream, stream);
    EXPECT_EQ(messages[0].data.size(), size - 10);
    ttrpc::Response response;
    ASSERT_TRUE(response.ParseFromString(messages[0].data));
    EXPECT_TRUE(response.payload() == payload);
    EXPECT_FALSE(go_.in_the_middle());
    EXPECT_EQ(connection_.events(), POLLIN);
    stream += 2;
  }
}

TEST_F(ConnectionTest, ALargerAnswerIsRefusedAndTheCallCanStillBe) {
  send(call_bytes(1, "M"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(connection_.answer(1, std::string(kMaxTtrpcSendBytes, 'x')),
              FailsWith(ErrorCode::kInvalidRequest, "4194304"));
  EXPECT_THAT(raw(), IsEmpty());
  EXPECT_THAT(connection_.refuse(1, StatusCode::kResourceExhausted, "too large"), Succeeds());
  expect_status(1, StatusCode::kResourceExhausted);
}

TEST_F(ConnectionTest, EvenAndOldStreamsAreInvalidArguments) {
  send(call_bytes(2, "M"));
  ASSERT_THAT(on_ready(), Succeeds());
  expect_status(2, StatusCode::kInvalidArgument);
  send(call_bytes(5, "M"));
  ASSERT_THAT(on_ready(), Succeeds());
  for (const std::uint32_t stream : {5U, 3U, 0U}) {
    send(call_bytes(stream, "M"));
    ASSERT_THAT(on_ready(), Succeeds());
    expect_status(stream, StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(peer_.calls, ElementsAre(RecordingPeer::Seen{5, "S", "M", ""}));
}

TEST_F(ConnectionTest, AStreamingCallIsUnimplemented) {
  std::uint32_t stream = 1;
  for (const std::uint8_t flags : std::initializer_list<std::uint8_t>{1, 2, 4, 255}) {
    const std::string data = print_call({.service = "S", .method = "M"});
    send(go_bytes(kPluginStream,
                  {.stream = stream, .type = kRequest, .flags = flags, .data = data}));
    ASSERT_THAT(on_ready(), Succeeds());
    expect_status(stream, StatusCode::kUnimplemented);
    stream += 2;
  }
  EXPECT_THAT(peer_.calls, IsEmpty());
}

TEST_F(ConnectionTest, ACallThatIsNoProtobufIsAnInvalidArgument) {
  send(go_bytes(kPluginStream, {.stream = 1, .type = kRequest, .flags = 0, .data = "\xff\xff"}));
  ASSERT_THAT(on_ready(), Succeeds());
  expect_status(1, StatusCode::kInvalidArgument);
  EXPECT_THAT(peer_.calls, IsEmpty());
}

TEST_F(ConnectionTest, WhatIsNotForUsIsIgnored) {
  const std::string data = print_call({.service = "S", .method = "M"});
  const auto message = [&data](std::uint8_t type) {
    return TtrpcMessage{.stream = 1, .type = type, .flags = 0, .data = data};
  };
  std::string bytes;
  for (const std::uint32_t mux_stream : {0U, 3U, UINT32_MAX}) {
    bytes += go_bytes(mux_stream, message(kRequest));
    append_mux_frame(mux_stream, "garbage", bytes);
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 2, 3, 4, 255})
    bytes += go_bytes(kPluginStream, message(type));
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 1, 2, 3, 255})
    bytes += go_bytes(kRuntimeStream, message(type));
  append_mux_frame(kPluginStream, "", bytes);
  send(bytes);
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, IsEmpty());
  EXPECT_THAT(peer_.answers, IsEmpty());
  EXPECT_THAT(raw(), IsEmpty());
  send(call_bytes(1, "M"));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, SizeIs(1));
}

TEST_F(ConnectionTest, ASecondAnswerIsIgnored) {
  ASSERT_THAT(connection_.call("R", "M", "", std::chrono::seconds(0)), Succeeds());
  const std::string answer =
      go_bytes(kRuntimeStream, {.stream = 1, .type = kResponse, .flags = 0, .data = ""});
  send(answer + answer);
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.answers, SizeIs(1));
}

TEST_F(ConnectionTest, OurStreamsAreOddAndRise) {
  for (const std::uint32_t expected : {1U, 3U, 5U}) {
    const auto stream = connection_.call("R", "M", "", std::chrono::seconds(0));
    ASSERT_THAT(stream, Succeeds());
    EXPECT_EQ(*stream, expected);
  }
}

TEST_F(ConnectionTest, CallsWithoutAnswerAreBounded) {
  Result<std::uint32_t> stream = 0;
  int calls = 0;
  for (; stream && calls < 1000; ++calls) stream = connection_.call("R", "M", "", {});
  EXPECT_THAT(stream, FailsWith(ErrorCode::kInternal, "too many"));
  EXPECT_EQ(calls, 65);
}

TEST_F(ConnectionTest, AViolatedProtocolEndsTheConnection) {
  send(from_hex("00 00 00 01 ff ff ff ff"));
  EXPECT_THAT(on_ready(), FailsWith(ErrorCode::kInvalidRequest, "mux"));
}

TEST_F(ConnectionTest, AnAnswerThatIsNoProtobufEndsTheConnection) {
  ASSERT_THAT(connection_.call("R", "M", "", {}), Succeeds());
  send(go_bytes(kRuntimeStream, {.stream = 1, .type = kResponse, .flags = 0, .data = "\xff"}));
  EXPECT_THAT(on_ready(), FailsWith(ErrorCode::kInvalidRequest, "response"));
}

TEST_F(ConnectionTest, WhatWasSentBeforeTheEndIsServed) {
  send(call_bytes(1, "StopContainer"));
  runtime_.reset();
  EXPECT_THAT(connection_.on_ready(POLLIN | POLLHUP, peer_), Succeeds());
  EXPECT_THAT(peer_.calls, SizeIs(1));
  EXPECT_THAT(connection_.on_ready(POLLIN | POLLHUP, peer_),
              FailsWith(ErrorCode::kUnavailable, "end of file"));
}

TEST_F(ConnectionTest, SendingToAnEndedPeerRaisesNoSignal) {
  runtime_.reset();
  EXPECT_THAT(connection_.answer(1, "x"), FailsWith(ErrorCode::kUnavailable, "send"));
}

TEST_F(ConnectionTest, WhatIsNotReadWaitsUntilItsDeadline) {
  const std::string payload = numbered_bytes(3000000);
  ASSERT_THAT(connection_.answer(1, payload), Succeeds());
  EXPECT_EQ(connection_.events(), POLLIN | POLLOUT);
  EXPECT_EQ(connection_.deadline(), fake_now_value + kSendDeadline);
  fake_now_value += kSendDeadline - std::chrono::milliseconds(1);
  EXPECT_THAT(connection_.on_ready(0, peer_), Succeeds());
  EXPECT_THAT(connection_.on_ready(POLLOUT, peer_), Succeeds());
  fake_now_value += std::chrono::milliseconds(1);
  EXPECT_THAT(connection_.on_ready(0, peer_), FailsWith(ErrorCode::kUnavailable, "5 s"));
}

TEST_F(ConnectionTest, WhatIsReadInTimeArrivesInOrder) {
  const std::string first = numbered_bytes(3000000);
  ASSERT_THAT(connection_.answer(1, first), Succeeds());
  ASSERT_THAT(connection_.answer(3, "second"), Succeeds());
  std::vector<GoPeer::Message> messages;
  while (messages.size() < 2) {
    const auto some = received();
    ASSERT_THAT(some, Succeeds());
    messages.insert(messages.end(), some->begin(), some->end());
    ASSERT_THAT(connection_.on_ready(POLLOUT, peer_), Succeeds());
  }
  EXPECT_TRUE(parse_answer(messages[0].data)->payload == first);
  EXPECT_EQ(parse_answer(messages[1].data)->payload, "second");
  EXPECT_EQ(connection_.deadline(), Clock::time_point::max());
  fake_now_value += kSendDeadline;
  EXPECT_THAT(connection_.on_ready(0, peer_), Succeeds());
}

TEST_F(ConnectionTest, NoMoreThanSixteenMebibytesWait) {
  const std::string payload(1U << 20U, 'x');
  Result<void> result;
  int answers = 0;
  for (; result && answers < 100; ++answers) result = connection_.answer(1, payload);
  EXPECT_THAT(result, FailsWith(ErrorCode::kUnavailable, "wait already"));
  EXPECT_LE(answers, 18);
  EXPECT_GE(answers, 15);
}

// Others want their turn, too: what a busy runtime has sent beyond a mebibyte waits.
TEST_F(ConnectionTest, OneRoundOfReadingIsBounded) {
  const int size = 8 << 20;
  if (::setsockopt(runtime_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) {
    GTEST_SKIP() << "needs CAP_NET_ADMIN: a socket with a larger buffer";
  }
  send(call_bytes(1, "M", numbered_bytes(3000000)));
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, IsEmpty());
  ASSERT_THAT(on_ready(), Succeeds());
  ASSERT_THAT(on_ready(), Succeeds());
  EXPECT_THAT(peer_.calls, SizeIs(1));
}

TEST_F(ConnectionTest, WhatThePeerFailsWithEndsTheConnection) {
  peer_.reply = [](const Connection::IncomingCall&) -> Result<void> {
    return fail(ErrorCode::kInternal, "enough");
  };
  send(call_bytes(1, "M"));
  EXPECT_THAT(on_ready(), FailsWith(ErrorCode::kInternal, "enough"));
}

}  // namespace
}  // namespace nvinject::nri
