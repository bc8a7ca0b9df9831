// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/mux.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/support/matchers.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::from_hex;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::Succeeds;

using Pieces = std::vector<std::pair<std::uint32_t, std::string>>;

MuxReader::Sink into(Pieces& pieces) {
  return [&pieces](std::uint32_t stream, std::string_view piece) -> Result<void> {
    pieces.emplace_back(stream, piece);
    return {};
  };
}

std::string frame(std::uint32_t stream, std::string_view payload) {
  std::string out;
  append_mux_frame(stream, payload, out);
  return out;
}

TEST(Mux, AFrameHasItsStreamAndItsLengthInFront) {
  EXPECT_EQ(frame(0x01020304, "ab"), from_hex("01 02 03 04  00 00 00 02  61 62"));
  EXPECT_EQ(frame(2, ""), from_hex("00 00 00 02  00 00 00 00"));
}

TEST(Mux, AWholeFrameIsHandedOnInPlace) {
  const std::string bytes = frame(kPluginStream, "hello");
  MuxReader reader;
  bool seen = false;
  EXPECT_THAT(reader.feed(bytes,
                          [&](std::uint32_t stream, std::string_view piece) -> Result<void> {
                            seen = stream == kPluginStream && piece.data() == bytes.data() + 8;
                            return {};
                          }),
              Succeeds());
  EXPECT_TRUE(seen);
}

TEST(Mux, FramesOfSeveralStreamsInOneReadComeApart) {
  Pieces pieces;
  MuxReader reader;
  EXPECT_THAT(
      reader.feed(frame(2, "aa") + frame(1, "b") + frame(77, "c") + frame(0, "d"), into(pieces)),
      Succeeds());
  EXPECT_THAT(pieces, ElementsAre(Pair(2, "aa"), Pair(1, "b"), Pair(77, "c"), Pair(0, "d")));
}

TEST(Mux, AFrameWithoutPayloadIsNothing) {
  Pieces pieces;
  MuxReader reader;
  EXPECT_THAT(reader.feed(frame(1, "") + frame(1, "x") + frame(1, ""), into(pieces)), Succeeds());
  EXPECT_THAT(pieces, ElementsAre(Pair(1, "x")));
}

TEST(Mux, ReadsMaySplitFramesAnywhere) {
  const std::string bytes = frame(1, "first") + frame(2, "second") + frame(1, "") + frame(1, "x");
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      MuxReader reader;
      std::map<std::uint32_t, std::string> streams;
      for (const std::string_view read : {std::string_view(bytes).substr(0, first),
                                          std::string_view(bytes).substr(first, second - first),
                                          std::string_view(bytes).substr(second)}) {
        ASSERT_THAT(reader.feed(read,
                                [&](std::uint32_t stream, std::string_view piece) -> Result<void> {
                                  streams[stream].append(piece);
                                  return {};
                                }),
                    Succeeds());
      }
      ASSERT_THAT(streams, ElementsAre(Pair(1, "firstx"), Pair(2, "second")));
    }
  }
}

TEST(Mux, APayloadIsHandedOnAsItArrives) {
  Pieces pieces;
  MuxReader reader;
  const std::string bytes = frame(1, "abcdef");
  EXPECT_THAT(reader.feed(bytes.substr(0, 11), into(pieces)), Succeeds());
  EXPECT_THAT(pieces, ElementsAre(Pair(1, "abc")));
}

TEST(Mux, OldRuntimesSendSixteenMebibytesInOneFrame) {
  Pieces pieces;
  MuxReader reader;
  EXPECT_THAT(reader.feed(from_hex("00 00 00 01  01 00 00 0a  ff"), into(pieces)), Succeeds());
  EXPECT_THAT(pieces, ElementsAre(Pair(1, "\xff")));
}

TEST(Mux, ALongerFrameEndsTheConnection) {
  for (const char* header : {"00 00 00 01  01 00 10 01", "00 00 00 01  ff ff ff ff"}) {
    Pieces pieces;
    MuxReader reader;
    EXPECT_THAT(reader.feed(from_hex(header), into(pieces)),
                FailsWith(ErrorCode::kInvalidRequest, "16781312"));
    EXPECT_THAT(pieces, IsEmpty());
  }
}

TEST(Mux, WhatTheSinkRefusesIsRefused) {
  MuxReader reader;
  int calls = 0;
  EXPECT_THAT(reader.feed(frame(1, "a") + frame(1, "b"),
                          [&](std::uint32_t, std::string_view) -> Result<void> {
                            ++calls;
                            return fail(ErrorCode::kInternal, "enough");
                          }),
              FailsWith(ErrorCode::kInternal, "enough"));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace nvinject::nri
