// SPDX-License-Identifier: Apache-2.0
#pragma once

// NRI's multiplexer: several byte streams over one socket (reference: containerd/nri,
// pkg/net/multiplex).
//
//    0        4        8                 8+N
//   +--------+--------+-----------------+
//   |  id    |  N     |  payload        |   id and N: big endian, 32 bits
//   +--------+--------+-----------------+
//
// A payload is a slice of the stream `id`, not a message: a message may come in several frames, and
// a frame may hold the end of one and the beginning of the next.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject::nri {

// Streams of NRI. Nobody opens or closes them: each side knows them.
inline constexpr std::uint32_t kPluginStream = 1;   // the runtime calls, we answer
inline constexpr std::uint32_t kRuntimeStream = 2;  // we call, the runtime answers

inline constexpr std::size_t kMuxHeaderBytes = 8;
// Old runtimes (NRI 0.6) send messages of up to 16 MiB in one frame; nobody sends more.
inline constexpr std::size_t kMaxMuxPayloadBytes = (16U << 20U) + 4096;

// Takes a socket apart into streams. Keeps nothing but a header that came in halves: payloads are
// handed on as they arrive, in pieces, so there is nothing to bound here but the announced length.
class MuxReader {
 public:
  // `piece` is never empty and borrows from the bytes given to feed.
  using Sink = std::function<Result<void>(std::uint32_t stream, std::string_view piece)>;

  // kInvalidRequest: a frame longer than kMaxMuxPayloadBytes, or what the sink returned. The
  // connection is of no use then.
  [[nodiscard]] Result<void> feed(std::string_view bytes, const Sink& sink);

 private:
  Result<void> begin_frame();

  std::array<char, kMuxHeaderBytes> header_{};
  std::size_t header_bytes_ = 0;   // of the next frame
  std::uint32_t stream_ = 0;       // of the current frame
  std::size_t payload_bytes_ = 0;  // still to come of it
};

// Appends one frame. `payload` must not be longer than kMaxMuxPayloadBytes.
void append_mux_frame(std::uint32_t stream, std::string_view payload, std::string& out);

}  // namespace nvinject::nri
