// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/xid_message.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"

namespace nvinject::nri {
namespace {

using Kind = XidMessage::Kind;

// "GPU-" and 36 characters: as the driver writes them, and as nothing else can be meant.
bool is_gpu_uuid(std::string_view text) {
  constexpr std::string_view kPrefix = "GPU-";
  constexpr std::size_t kSize = 40;
  return text.size() == kSize && text.starts_with(kPrefix) &&
         std::all_of(text.begin() + kPrefix.size(), text.end(), [](char c) {
           return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Takes the next word away.
std::string_view take_word(std::string_view& text) {
  const std::size_t size = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return word;
}

tl::unexpected<Error> malformed(std::string_view line) {
  return fail(ErrorCode::kInvalidRequest,
              "read what nvinject-xid says: " + quote(line.substr(0, kMaxXidLine)));
}

}  // namespace

Result<XidMessage> parse_xid_message(std::string_view line) {
  constexpr unsigned kMaxXid = 99999;
  if (line == "watching") return XidMessage{.kind = Kind::kWatching};
  if (line == "released") return XidMessage{.kind = Kind::kReleased};
  if (line == "recovered") return XidMessage{.kind = Kind::kRecovered};
  if (line.size() > kMaxXidLine) return malformed(line);
  std::string_view rest = line;
  const std::string_view verb = take_word(rest);
  const std::string_view uuid = take_word(rest);
  const auto xid = parse_unsigned<unsigned>(rest);
  if (verb != "failed" || !is_gpu_uuid(uuid) || !xid || *xid > kMaxXid) return malformed(line);
  return XidMessage{.kind = Kind::kFailed, .uuid = std::string(uuid), .xid = *xid};
}

bool is_application_error(unsigned xid) {
  constexpr std::array<unsigned, 6> kOfApplications = {13, 31, 43, 45, 68, 109};
  return std::find(kOfApplications.begin(), kOfApplications.end(), xid) != kOfApplications.end();
}

}  // namespace nvinject::nri
