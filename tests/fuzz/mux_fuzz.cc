// SPDX-License-Identifier: Apache-2.0

// The socket's bytes, taken apart into streams: the same streams however the reads fall, and what
// is framed again reads the same.

#include <map>

#include "nri-plugin/wire/mux.h"
#include "tests/fuzz/wire_input.h"

namespace nvinject::nri {
namespace {

struct Streams {
  std::map<std::uint32_t, std::string> bytes;
  std::string error;
  bool operator==(const Streams&) const = default;
};

Streams read(const std::vector<std::string_view>& reads) {
  Streams streams;
  MuxReader reader;
  for (const std::string_view bytes : reads) {
    const auto result =
        reader.feed(bytes, [&](std::uint32_t stream, std::string_view piece) -> Result<void> {
          fuzz::require(!piece.empty());
          streams.bytes[stream].append(piece);
          return {};
        });
    if (result) continue;
    fuzz::require(result.error().code == ErrorCode::kInvalidRequest);
    streams.error = result.error().message;
    break;
  }
  return streams;
}

void check(std::string_view bytes) {
  const Streams streams = read({bytes});
  fuzz::require(read(fuzz::reads_of(bytes)) == streams);
  std::string framed;
  for (const auto& [stream, payload] : streams.bytes) append_mux_frame(stream, payload, framed);
  fuzz::require(read({framed}).bytes == streams.bytes);
}

std::string make(unsigned seed) {
  std::minstd_rand random(seed);
  std::string out;
  for (auto i = random() % 8; i > 0; --i) {
    append_mux_frame(static_cast<std::uint32_t>(random() % 4), std::string(random() % 5000, 'x'),
                     out);
  }
  return out;
}

}  // namespace
}  // namespace nvinject::nri

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nvinject::fuzz::run(data, size, nvinject::nri::make, nvinject::nri::check);
}
