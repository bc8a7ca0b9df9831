// SPDX-License-Identifier: Apache-2.0

// One stream's bytes, put together to messages and read as calls and answers: the same however the
// reads fall, and what is written of them a Go peer takes.

#include "nri-plugin/wire/big_endian.h"
#include "nri-plugin/wire/envelope.h"
#include "nri-plugin/wire/mux.h"
#include "nri-plugin/wire/ttrpc.h"
#include "tests/fuzz/wire_input.h"
#include "tests/support/go_peer.h"

namespace nvinject::nri {
namespace {

using testing::GoPeer;

struct Messages {
  std::vector<GoPeer::Message> messages;
  std::string error;
  bool operator==(const Messages&) const = default;
};

Messages read(const std::vector<std::string_view>& reads) {
  Messages seen;
  TtrpcReader reader;
  for (const std::string_view bytes : reads) {
    const auto result = reader.feed(bytes, [&](const TtrpcMessage& message) -> Result<void> {
      seen.messages.push_back(
          {kPluginStream, message.stream, message.type, message.flags, std::string(message.data)});
      return {};
    });
    if (result) continue;
    fuzz::require(result.error().code == ErrorCode::kInvalidRequest);
    seen.error = result.error().message;
    break;
  }
  return seen;
}

void check_envelopes(const std::string& data) {
  if (const auto call = parse_call(data)) {
    const std::string printed = print_call(*call);
    const auto again = parse_call(printed);
    // A timeout of less than nothing is printed as nothing at all.
    fuzz::require(again && again->service == call->service && again->method == call->method &&
                  again->payload == call->payload);
  }
  if (const auto answer = parse_answer(data)) {
    const std::string printed = answer->code == StatusCode::kOk
                                    ? print_answer(answer->payload)
                                    : print_failure(answer->code, answer->message);
    const auto again = parse_answer(printed);
    fuzz::require(again && again->code == answer->code);
    fuzz::require(again->message.size() <= kMaxFailureBytes);
  }
}

void check(std::string_view bytes) {
  const Messages seen = read({bytes});
  fuzz::require(read(fuzz::reads_of(bytes)) == seen);
  GoPeer peer;
  for (const GoPeer::Message& message : seen.messages) {
    check_envelopes(message.data);
    std::string framed;
    const auto appended = append_ttrpc_frames(message.mux_stream,
                                              {.stream = message.stream,
                                               .type = message.type,
                                               .flags = message.flags,
                                               .data = message.data},
                                              framed);
    fuzz::require(appended.has_value());
    const auto taken = peer.feed(framed);
    fuzz::require(taken && *taken == std::vector{message});
  }
}

std::string make(unsigned seed) {
  std::minstd_rand random(seed);
  std::string out;
  for (auto i = random() % 8; i > 0; --i) {
    const std::string payload(random() % 6000, 'p');
    const std::string data = random() % 2 == 0   ? print_call({.service = "s",
                                                               .method = "m",
                                                               .payload = payload,
                                                               .timeout = std::chrono::seconds(2)})
                             : random() % 2 == 0 ? print_answer(payload)
                                                 : print_failure(StatusCode::kInternal, payload);
    append_big_endian(static_cast<std::uint32_t>(data.size()), out);
    append_big_endian(static_cast<std::uint32_t>(random() % 20), out);
    out.push_back(static_cast<char>(random() % 4));
    out.push_back(static_cast<char>(random() % 3));
    out.append(data);
  }
  return out;
}

}  // namespace
}  // namespace nvinject::nri

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return nvinject::fuzz::run(data, size, nvinject::nri::make, nvinject::nri::check);
}
