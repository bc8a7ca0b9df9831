// SPDX-License-Identifier: Apache-2.0
// What nvinject-xid says. What is understood is short, and says the same when it is written again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "nri-plugin/device_plugin/xid_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nvinject;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = nri::parse_xid_message(text);
  if (!message) {
    if (message.error().code != ErrorCode::kInvalidRequest) std::abort();
    return 0;
  }
  if (size > nri::kMaxXidLine) std::abort();
  const bool has_uuid = message->kind == nri::XidMessage::Kind::kFailed;
  if (message->uuid.size() != (has_uuid ? 40U : 0U)) std::abort();
  if (message->kind == nri::XidMessage::Kind::kFailed) {
    const auto again =
        nri::parse_xid_message("failed " + message->uuid + " " + std::to_string(message->xid));
    if (!again || !(*again == *message)) std::abort();
  }
  return 0;
}
