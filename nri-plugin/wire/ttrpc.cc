// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/ttrpc.h"

#include "nri-plugin/wire/big_endian.h"
#include "nri-plugin/wire/mux.h"

namespace nvinject::nri {
namespace {

// The size of a message with its header, once that is there.
Result<std::size_t> whole_bytes(std::string_view header) {
  const std::size_t data_bytes = read_big_endian(header);
  if (data_bytes <= kMaxTtrpcReceiveBytes) return kTtrpcHeaderBytes + data_bytes;
  return fail(ErrorCode::kInvalidRequest,
              "read ttrpc message of stream " + std::to_string(read_big_endian(header.substr(4))) +
                  ": " + std::to_string(data_bytes) + " bytes announced, more than " +
                  std::to_string(kMaxTtrpcReceiveBytes));
}

TtrpcMessage message_in(std::string_view whole) {
  return {.stream = read_big_endian(whole.substr(4)),
          .type = static_cast<std::uint8_t>(whole[8]),
          .flags = static_cast<std::uint8_t>(whole[9]),
          .data = whole.substr(kTtrpcHeaderBytes)};
}

}  // namespace

Result<void> TtrpcReader::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (!pending_.empty()) {
      NVINJECT_RETURN_IF_ERROR(complete_pending(bytes, sink));
      continue;
    }
    if (bytes.size() < kTtrpcHeaderBytes) {
      pending_ = bytes;
      return {};
    }
    NVINJECT_ASSIGN_OR_RETURN(const std::size_t whole, whole_bytes(bytes));
    if (bytes.size() < whole) {
      pending_ = bytes;
      return {};
    }
    NVINJECT_RETURN_IF_ERROR(sink(message_in(bytes.substr(0, whole))));
    bytes.remove_prefix(whole);
  }
  return {};
}

// Memory grows with what has arrived, at most to its double, never with what was announced.
Result<void> TtrpcReader::complete_pending(std::string_view& bytes, const Sink& sink) {
  std::size_t wanted = kTtrpcHeaderBytes;
  if (pending_.size() >= kTtrpcHeaderBytes) {
    NVINJECT_ASSIGN_OR_RETURN(wanted, whole_bytes(pending_));
  }
  const std::string_view piece = bytes.substr(0, wanted - pending_.size());
  pending_.append(piece);
  bytes.remove_prefix(piece.size());
  if (pending_.size() < kTtrpcHeaderBytes) return {};
  NVINJECT_ASSIGN_OR_RETURN(wanted, whole_bytes(pending_));
  if (pending_.size() < wanted) return {};
  const Result<void> result = sink(message_in(pending_));
  pending_.clear();
  if (pending_.capacity() > kKeptTtrpcBytes) std::string().swap(pending_);
  return result;
}

Result<void> append_ttrpc_frames(std::uint32_t mux_stream, const TtrpcMessage& message,
                                 std::string& out) {
  if (message.data.size() > kMaxTtrpcSendBytes) {
    return fail(ErrorCode::kInvalidRequest,
                "send ttrpc message on stream " + std::to_string(message.stream) + ": " +
                    std::to_string(message.data.size()) + " bytes, more than " +
                    std::to_string(kMaxTtrpcSendBytes));
  }
  append_big_endian(mux_stream, out);
  append_big_endian(kTtrpcHeaderBytes, out);
  append_big_endian(static_cast<std::uint32_t>(message.data.size()), out);
  append_big_endian(message.stream, out);
  out.push_back(static_cast<char>(message.type));
  out.push_back(static_cast<char>(message.flags));
  if (!message.data.empty()) append_mux_frame(mux_stream, message.data, out);
  return {};
}

}  // namespace nvinject::nri
