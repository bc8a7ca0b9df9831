// SPDX-License-Identifier: Apache-2.0
#pragma once

// ttrpc messages (reference: containerd/ttrpc, PROTOCOL.md), one logical connection of them:
//
//    0        4        8    9    10               10+N
//   +--------+--------+----+----+----------------+
//   |  N     | stream |type|flag|  data          |   N and stream: big endian, 32 bits
//   +--------+--------+----+----+----------------+

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject::nri {

inline constexpr std::size_t kTtrpcHeaderBytes = 10;
// What a Go peer accepts from us.
inline constexpr std::size_t kMaxTtrpcSendBytes = 4U << 20U;
// What we accept: runtimes with NRI 0.6 send a Synchronize of any size up to their mux's 16 MiB.
inline constexpr std::size_t kMaxTtrpcReceiveBytes = 16U << 20U;
// The memory that a reader keeps for its next message.
inline constexpr std::size_t kKeptTtrpcBytes = 64U << 10U;

enum class TtrpcType : std::uint8_t { kRequest = 1, kResponse = 2, kData = 3 };

struct TtrpcMessage {
  std::uint32_t stream = 0;
  std::uint8_t type = 0;  // a TtrpcType, or something newer than us
  std::uint8_t flags = 0;
  std::string_view data;
};

// Puts messages together. Holds at most one message, which is handed on without a copy when it came
// in one piece; memory above kKeptTtrpcBytes is given back behind it.
class TtrpcReader {
 public:
  // `message.data` is gone when the sink returns.
  using Sink = std::function<Result<void>(const TtrpcMessage& message)>;

  // kInvalidRequest: a message longer than kMaxTtrpcReceiveBytes, or what the sink returned.
  [[nodiscard]] Result<void> feed(std::string_view bytes, const Sink& sink);

 private:
  Result<void> complete_pending(std::string_view& bytes, const Sink& sink);

  std::string pending_;  // the beginning of a message, header included
};

// Appends a message for the mux stream `mux_stream`, framed so that a Go peer can take it: its
// readers refuse a frame that is larger than the buffer they happen to offer (4096 bytes), unless
// it is exactly what they wait for. One frame with the header, one with all of the data.
// kInvalidRequest: more than kMaxTtrpcSendBytes.
[[nodiscard]] Result<void> append_ttrpc_frames(std::uint32_t mux_stream,
                                               const TtrpcMessage& message, std::string& out);

}  // namespace nvinject::nri
