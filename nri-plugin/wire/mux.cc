// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/mux.h"

#include <algorithm>

#include "nri-plugin/wire/big_endian.h"

namespace nvinject::nri {

Result<void> MuxReader::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (payload_bytes_ == 0) {
      const std::size_t taken = std::min(kMuxHeaderBytes - header_bytes_, bytes.size());
      std::copy_n(bytes.begin(), taken, header_.begin() + header_bytes_);
      header_bytes_ += taken;
      bytes.remove_prefix(taken);
      if (header_bytes_ < kMuxHeaderBytes) return {};
      NVINJECT_RETURN_IF_ERROR(begin_frame());
      continue;
    }
    const std::string_view piece = bytes.substr(0, payload_bytes_);
    payload_bytes_ -= piece.size();
    bytes.remove_prefix(piece.size());
    NVINJECT_RETURN_IF_ERROR(sink(stream_, piece));
  }
  return {};
}

Result<void> MuxReader::begin_frame() {
  const std::string_view header(header_.data(), header_.size());
  header_bytes_ = 0;
  stream_ = read_big_endian(header);
  payload_bytes_ = read_big_endian(header.substr(4));
  if (payload_bytes_ <= kMaxMuxPayloadBytes) return {};
  return fail(ErrorCode::kInvalidRequest, "read mux frame of stream " + std::to_string(stream_) +
                                              ": " + std::to_string(payload_bytes_) +
                                              " bytes announced, more than " +
                                              std::to_string(kMaxMuxPayloadBytes));
}

void append_mux_frame(std::uint32_t stream, std::string_view payload, std::string& out) {
  append_big_endian(stream, out);
  append_big_endian(static_cast<std::uint32_t>(payload.size()), out);
  out.append(payload);
}

}  // namespace nvinject::nri
