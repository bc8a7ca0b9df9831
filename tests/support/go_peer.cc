// SPDX-License-Identifier: Apache-2.0
#include "tests/support/go_peer.h"

#include <algorithm>

namespace nvinject::testing {
namespace {

constexpr std::size_t kMuxHeader = 8;
constexpr std::size_t kTtrpcHeader = 10;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value * 256 + static_cast<std::uint8_t>(bytes.at(i));
  }
  return value;
}

std::string number_bytes(std::size_t value) {
  std::string out(4, '\0');
  for (char& byte : out) {
    byte = static_cast<char>(value >> 24U & 0xffU);
    value <<= 8U;
  }
  return out;
}

}  // namespace

Result<std::vector<GoPeer::Message>> GoPeer::feed(std::string_view bytes) {
  std::vector<Message> messages;
  auto result = failure_.empty() ? queue_frames(bytes)
                                 : Result<void>(fail(ErrorCode::kInvalidRequest, failure_));
  for (auto& [id, stream] : streams_) {
    if (result) result = read_messages(id, stream, messages);
  }
  if (result) return messages;
  failure_ = result.error().message;
  return tl::unexpected(std::move(result).error());
}

bool GoPeer::in_the_middle() const {
  return !unframed_.empty() || std::any_of(streams_.begin(), streams_.end(), [](const auto& each) {
    return !each.second.header.empty() || !each.second.buffered.empty();
  });
}

// The trunk's reader: whole frames into the queues of their streams; those of other streams vanish.
Result<void> GoPeer::queue_frames(std::string_view bytes) {
  unframed_.append(bytes);
  std::string_view rest = unframed_;
  while (rest.size() >= kMuxHeader && rest.size() - kMuxHeader >= number_at(rest, 4)) {
    const auto stream = streams_.find(number_at(rest, 0));
    const std::string_view payload = rest.substr(kMuxHeader, number_at(rest, 4));
    rest.remove_prefix(kMuxHeader + payload.size());
    if (stream == streams_.end()) continue;
    if (stream->second.frames.size() == kQueuedFrames) {
      return fail(ErrorCode::kInvalidRequest, "mux: failed to queue payload for reading");
    }
    stream->second.frames.emplace_back(payload);
  }
  unframed_.erase(0, unframed_.size() - rest.size());
  return {};
}

Result<void> GoPeer::read_messages(std::uint32_t id, Stream& stream,
                                   std::vector<Message>& messages) {
  for (;;) {
    NVINJECT_ASSIGN_OR_RETURN(const bool header, read_full(stream, stream.header, kTtrpcHeader));
    if (!header) return {};
    stream.data_bytes = number_at(stream.header, 0);
    if (stream.data_bytes > kMaxDataBytes) {
      return fail(ErrorCode::kInvalidRequest, "ttrpc: message length exceeds maximum");
    }
    NVINJECT_ASSIGN_OR_RETURN(const bool data, read_full(stream, stream.data, stream.data_bytes));
    if (!data) return {};
    messages.push_back({.mux_stream = id,
                        .stream = number_at(stream.header, 4),
                        .type = static_cast<std::uint8_t>(stream.header[8]),
                        .flags = static_cast<std::uint8_t>(stream.header[9]),
                        .data = std::move(stream.data)});
    stream.header.clear();
    stream.data.clear();
  }
}

// io.ReadFull on bufio.Reader, to be called again when more frames have come. True when `into` has
// `size` bytes.
Result<bool> GoPeer::read_full(Stream& stream, std::string& into, std::size_t size) {
  while (into.size() < size) {
    const std::size_t wanted = size - into.size();
    if (stream.buffered.empty()) {
      const bool direct = wanted >= kBufferBytes;
      NVINJECT_ASSIGN_OR_RETURN(const bool more, read_frame(stream, direct ? wanted : kBufferBytes,
                                                            direct ? into : stream.buffered));
      if (!more) return false;
      continue;
    }
    const std::size_t taken = std::min(wanted, stream.buffered.size());
    into.append(stream.buffered, 0, taken);
    stream.buffered.erase(0, taken);
  }
  return true;
}

// The mux's Read with `offered` bytes of memory. False when it would wait.
Result<bool> GoPeer::read_frame(Stream& stream, std::size_t offered, std::string& into) {
  if (stream.frames.empty()) return false;
  const std::string frame = std::move(stream.frames.front());
  stream.frames.pop_front();
  if (frame.size() > offered) {
    return fail(ErrorCode::kInvalidRequest, "mux: ENOMEM: a frame of " +
                                                std::to_string(frame.size()) +
                                                " bytes for a read of " + std::to_string(offered));
  }
  into.append(frame);
  return true;
}

std::vector<std::string> go_writes(const GoPeer::Message& message) {
  std::string whole = number_bytes(message.data.size()) + number_bytes(message.stream);
  whole.push_back(static_cast<char>(message.type));
  whole.push_back(static_cast<char>(message.flags));
  whole += message.data;
  std::vector<std::string> writes;
  const auto add_frame = [&](std::string payload) {
    writes.push_back(number_bytes(message.mux_stream) + number_bytes(payload.size()));
    writes.push_back(std::move(payload));
  };
  add_frame(whole.substr(0, GoPeer::kBufferBytes));
  if (whole.size() > GoPeer::kBufferBytes) add_frame(whole.substr(GoPeer::kBufferBytes));
  return writes;
}

}  // namespace nvinject::testing
