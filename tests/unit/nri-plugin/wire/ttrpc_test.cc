// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/ttrpc.h"

#include <gmock/gmock.h>

#include "nri-plugin/wire/big_endian.h"
#include "tests/support/go_peer.h"
#include "tests/support/matchers.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::from_hex;
using testing::GoPeer;
using testing::numbered_bytes;
using ::testing::SizeIs;
using testing::Succeeds;

// Total sizes of messages around each limit on the way: the 4096 bytes of Go's buffer with and
// without the header of 10, twice that, and far above.
constexpr std::size_t kSizes[] = {10,   11,   4085, 4086, 4087, 4095,  4096,  4097,  4106,   4107,
                                  5000, 8181, 8192, 8193, 8202, 12289, 65536, 70000, 1048576};

struct Seen {
  std::uint32_t stream;
  std::uint8_t type;
  std::uint8_t flags;
  std::string data;
  bool operator==(const Seen&) const = default;
};

TtrpcReader::Sink into(std::vector<Seen>& seen) {
  return [&seen](const TtrpcMessage& message) -> Result<void> {
    seen.push_back({message.stream, message.type, message.flags, std::string(message.data)});
    return {};
  };
}

std::string message_bytes(std::uint32_t stream, std::string_view data) {
  std::string out;
  append_big_endian(static_cast<std::uint32_t>(data.size()), out);
  append_big_endian(stream, out);
  return out.append({'\1', '\0'}).append(data);
}

TEST(Ttrpc, AMessageInOnePieceIsHandedOnInPlace) {
  const std::string bytes = message_bytes(1, "a") + message_bytes(3, numbered_bytes(5000));
  TtrpcReader reader;
  std::vector<const char*> places;
  EXPECT_THAT(reader.feed(bytes,
                          [&](const TtrpcMessage& message) -> Result<void> {
                            places.push_back(message.data.data());
                            return {};
                          }),
              Succeeds());
  EXPECT_THAT(places, ElementsAre(bytes.data() + 10, bytes.data() + 21));
}

TEST(Ttrpc, TheHeaderSaysStreamTypeAndFlags) {
  std::vector<Seen> seen;
  TtrpcReader reader;
  EXPECT_THAT(reader.feed(from_hex("00 00 00 02  01 02 03 04  07 09  61 62"), into(seen)),
              Succeeds());
  EXPECT_THAT(seen, ElementsAre(Seen{0x01020304, 7, 9, "ab"}));
}

TEST(Ttrpc, ReadsMaySplitMessagesAnywhere) {
  const std::string bytes = message_bytes(1, "") + message_bytes(3, "three") +
                            message_bytes(5, "") + message_bytes(7, "7");
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      std::vector<Seen> seen;
      TtrpcReader reader;
      const std::string_view all = bytes;
      for (const std::string_view read :
           {all.substr(0, first), all.substr(first, second - first), all.substr(second)}) {
        ASSERT_THAT(reader.feed(read, into(seen)), Succeeds());
      }
      ASSERT_THAT(seen, ElementsAre(Seen{1, 1, 0, ""}, Seen{3, 1, 0, "three"}, Seen{5, 1, 0, ""},
                                    Seen{7, 1, 0, "7"}));
    }
  }
}

TEST(Ttrpc, AMessageOfMegabytesComesInPieces) {
  const std::string data = numbered_bytes(9900000);  // as an old runtime's Synchronize
  const std::string bytes = message_bytes(5, data);
  for (const std::size_t step : {4096UL, 65536UL, 1000003UL}) {
    std::vector<Seen> seen;
    TtrpcReader reader;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      ASSERT_THAT(reader.feed(std::string_view(bytes).substr(at, step), into(seen)), Succeeds());
    }
    ASSERT_THAT(seen, SizeIs(1));
    EXPECT_TRUE(seen[0].data == data);
  }
}

TEST(Ttrpc, AnAnnouncedLengthAboveSixteenMebibytesEndsTheConnection) {
  for (const char* header :
       {"01 00 00 01  00 00 00 01  01 00", "ff ff ff ff  00 00 00 01  01 00"}) {
    for (std::size_t split = 0; split <= 10; ++split) {
      const std::string bytes = from_hex(header);
      std::vector<Seen> seen;
      TtrpcReader reader;
      Result<void> result = reader.feed(bytes.substr(0, split), into(seen));
      if (result) result = reader.feed(bytes.substr(split), into(seen));
      if (result) result = reader.feed("x", into(seen));
      EXPECT_THAT(result, FailsWith(ErrorCode::kInvalidRequest, "stream 1"));
    }
  }
}

TEST(Ttrpc, WhatTheSinkRefusesIsRefused) {
  const std::string bytes = message_bytes(1, "abc");
  for (std::size_t split = 0; split < bytes.size(); ++split) {
    TtrpcReader reader;
    const auto sink = [](const TtrpcMessage&) -> Result<void> {
      return fail(ErrorCode::kInternal, "enough");
    };
    EXPECT_THAT(reader.feed(bytes.substr(0, split), sink), Succeeds());
    EXPECT_THAT(reader.feed(bytes.substr(split), sink), FailsWith(ErrorCode::kInternal, "enough"));
  }
}

TEST(Ttrpc, AnAnswerWithoutDataIsItsHeader) {
  std::string out;
  EXPECT_THAT(append_ttrpc_frames(1, {.stream = 3, .type = 2, .flags = 0, .data = {}}, out),
              Succeeds());
  EXPECT_EQ(out, from_hex("00 00 00 01  00 00 00 0a  00 00 00 00  00 00 00 03  02 00"));
}

TEST(Ttrpc, AGoPeerTakesEverySize) {
  GoPeer peer;
  std::uint32_t stream = 1;
  for (const std::size_t size : kSizes) {
    const std::string data = numbered_bytes(size - 10);
    std::string out;
    ASSERT_THAT(
        append_ttrpc_frames(1, {.stream = stream, .type = 2, .flags = 0, .data = data}, out),
        Succeeds());
    const auto messages = peer.feed(out);
    ASSERT_THAT(messages, Succeeds()) << size;
    ASSERT_THAT(*messages, ElementsAre(GoPeer::Message{1, stream, 2, 0, data})) << size;
    EXPECT_FALSE(peer.in_the_middle());
    stream += 2;
  }
}

TEST(Ttrpc, AGoPeerTakesSeveralMessagesThatComeTogether) {
  GoPeer peer;
  std::string out;
  for (const std::size_t size : kSizes) {
    ASSERT_THAT(
        append_ttrpc_frames(
            2, {.stream = 1, .type = 1, .flags = 0, .data = numbered_bytes(size - 10)}, out),
        Succeeds());
  }
  const auto messages = peer.feed(out);
  ASSERT_THAT(messages, Succeeds());
  EXPECT_THAT(*messages, SizeIs(std::size(kSizes)));
}

TEST(Ttrpc, FourMebibytesGoAndOneByteMoreDoesNot) {
  GoPeer peer;
  const std::string data = numbered_bytes(kMaxTtrpcSendBytes + 1);
  TtrpcMessage message{.stream = 1, .type = 2, .flags = 0, .data = data};
  std::string out;
  EXPECT_THAT(append_ttrpc_frames(1, message, out),
              FailsWith(ErrorCode::kInvalidRequest, "4194305"));
  EXPECT_EQ(out, "");
  message.data.remove_suffix(1);
  EXPECT_THAT(append_ttrpc_frames(1, message, out), Succeeds());
  const auto messages = peer.feed(out);
  ASSERT_THAT(messages, Succeeds());
  EXPECT_THAT(*messages, SizeIs(1));
}

}  // namespace
}  // namespace nvinject::nri
