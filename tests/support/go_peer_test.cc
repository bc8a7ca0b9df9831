// SPDX-License-Identifier: Apache-2.0
#include "tests/support/go_peer.h"

#include <gmock/gmock.h>

#include "nri-plugin/wire/big_endian.h"
#include "nri-plugin/wire/mux.h"
#include "tests/support/matchers.h"
#include "tests/support/wire_bytes.h"

// What killed connections to real Go runtimes must fail here, and what did not must pass.

namespace nvinject::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::size_t kEverything = SIZE_MAX;

std::string message(std::size_t data_bytes) {
  std::string out;
  nri::append_big_endian(static_cast<std::uint32_t>(data_bytes), out);
  nri::append_big_endian(1, out);
  return out + '\2' + '\0' + numbered_bytes(data_bytes);
}

// `bytes` in a first frame of `first` bytes and further ones of `step`.
std::string framed(std::string_view bytes, std::size_t first, std::size_t step = kEverything) {
  std::string out;
  nri::append_mux_frame(1, bytes.substr(0, first), out);
  for (std::size_t at = first; at < bytes.size(); at += std::min(step, bytes.size() - at)) {
    nri::append_mux_frame(1, bytes.substr(at, step), out);
  }
  return out;
}

TEST(GoPeer, OneFrameForALargeMessageIsFatal) {
  EXPECT_THAT(GoPeer().feed(framed(message(4086), 4096)), Succeeds());
  EXPECT_THAT(GoPeer().feed(framed(message(4087), 4097)),
              FailsWith(ErrorCode::kInvalidRequest, "ENOMEM"));
  EXPECT_THAT(GoPeer().feed(framed(message(5400), 5410)),
              FailsWith(ErrorCode::kInvalidRequest, "ENOMEM"));
}

TEST(GoPeer, HeaderAndRestOrBufferAndRestPass) {
  for (const std::size_t data_bytes : {4086UL, 4087UL, 5000UL, 70000UL, 2400000UL}) {
    for (const std::size_t first : {10UL, 4096UL}) {
      const auto messages = GoPeer().feed(framed(message(data_bytes), first));
      ASSERT_THAT(messages, Succeeds());
      EXPECT_THAT(*messages, SizeIs(1));
    }
  }
}

TEST(GoPeer, SmallFramesPassUntilTheQueueIsFull) {
  EXPECT_THAT(GoPeer().feed(framed(message(5400), 100, 100)), Succeeds());
  EXPECT_THAT(GoPeer().feed(framed(message(1000000), 4096, 4096)), Succeeds());
  EXPECT_THAT(GoPeer().feed(framed(message(2400000), 256, 256)),
              FailsWith(ErrorCode::kInvalidRequest, "queue"));
}

TEST(GoPeer, AFrameThatRunsIntoTheNextMessageIsFatalForADirectRead) {
  const std::string two = message(6000) + message(10);
  EXPECT_THAT(GoPeer().feed(framed(two, 10)), FailsWith(ErrorCode::kInvalidRequest, "ENOMEM"));
  EXPECT_THAT(GoPeer().feed(framed(message(10) + message(20), kEverything)), Succeeds());
}

TEST(GoPeer, MoreThanFourMebibytesAreFatal) {
  EXPECT_THAT(GoPeer().feed(framed(message((4U << 20U) + 1), 10)),
              FailsWith(ErrorCode::kInvalidRequest, "exceeds"));
}

TEST(GoPeer, AfterAFailureNothingIsRead) {
  GoPeer peer;
  EXPECT_THAT(peer.feed(framed(message(5400), 5410)), FailsWith(ErrorCode::kInvalidRequest, ""));
  EXPECT_THAT(peer.feed(framed(message(1), 11)), FailsWith(ErrorCode::kInvalidRequest, "ENOMEM"));
}

TEST(GoPeer, BytesMayComeOneByOne) {
  GoPeer peer;
  std::size_t messages = 0;
  for (const char byte : framed(message(5000), 10) + framed(message(0), 10)) {
    const auto completed = peer.feed(std::string(1, byte));
    ASSERT_THAT(completed, Succeeds());
    messages += completed->size();
  }
  EXPECT_EQ(messages, 2);
  EXPECT_FALSE(peer.in_the_middle());
}

TEST(GoPeer, ItTakesWhatItSends) {
  for (const std::size_t data_bytes : {0UL, 1UL, 4086UL, 4087UL, 70000UL}) {
    const GoPeer::Message sent{2, 5, 1, 0, numbered_bytes(data_bytes)};
    std::string bytes;
    for (const std::string& write : go_writes(sent)) bytes += write;
    EXPECT_EQ(bytes.size(), (data_bytes > 4086 ? 16 : 8) + 10 + data_bytes);
    const auto messages = GoPeer().feed(bytes);
    ASSERT_THAT(messages, Succeeds());
    EXPECT_THAT(*messages, ElementsAre(sent));
  }
}

}  // namespace
}  // namespace nvinject::testing
