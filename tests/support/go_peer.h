// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a Go runtime writes, and how it reads what a plugin sends, with the limits that it has and
// its protocol has not (containerd/nri pkg/net/multiplex, containerd/ttrpc channel.go, Go's bufio).
// Three layers sit on each other there:
//
//   ttrpc    reads 10 bytes of header, then N bytes of data, each with io.ReadFull on
//   bufio    a buffer of 4096 bytes. Empty, and asked for 4096 or more, it reads directly into the
//            caller's memory; otherwise it offers its own buffer and hands out pieces of that
//   mux      takes one frame off a queue of 256 per read. A frame larger than the memory that it
//   was
//            offered is ENOMEM, for ever
//
// So one frame of more than 4096 bytes ends the connection, unless it comes just when ttrpc waits
// for that many bytes of data. In truth it is the capacity of the offered memory that counts, not
// its length: then Go returns more bytes than were asked for, and panics later. Both are failures
// here.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject::testing {

class GoPeer {
 public:
  struct Message {
    std::uint32_t mux_stream = 0;
    std::uint32_t stream = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::string data;
    bool operator==(const Message&) const = default;
  };

  static constexpr std::size_t kBufferBytes = 4096;
  static constexpr std::size_t kQueuedFrames = 256;
  static constexpr std::size_t kMaxDataBytes = 4U << 20U;

  // What arrived in one read. The frames in it are queued before anybody reads them, which is the
  // worst that can happen there. The messages that it completes, of streams 1 and 2; an error says
  // how a Go peer would have ended the connection, and it stays so.
  [[nodiscard]] Result<std::vector<Message>> feed(std::string_view bytes);

  // Whether a frame or a message is there in part.
  [[nodiscard]] bool in_the_middle() const;

 private:
  // One stream: the queue of the mux, the buffer of bufio, the message of ttrpc.
  struct Stream {
    std::deque<std::string> frames;
    std::string buffered;
    std::string header;
    std::string data;
    std::size_t data_bytes = 0;  // announced in `header`, once that is complete
  };

  Result<void> queue_frames(std::string_view bytes);
  Result<void> read_messages(std::uint32_t id, Stream& stream, std::vector<Message>& messages);
  static Result<bool> read_full(Stream& stream, std::string& into, std::size_t size);
  static Result<bool> read_frame(Stream& stream, std::size_t offered, std::string& into);

  std::map<std::uint32_t, Stream> streams_{{1, {}}, {2, {}}};
  std::string unframed_;  // the beginning of a mux frame
  std::string failure_;   // once it has failed
};

// The bytes in which a Go peer sends a message, one string for each of its write(2) calls: ttrpc
// writes through a buffer of 4096 bytes, so that a message has one frame or a full one and the
// rest; the mux writes the header of a frame, then its payload.
[[nodiscard]] std::vector<std::string> go_writes(const GoPeer::Message& message);

}  // namespace nvinject::testing
