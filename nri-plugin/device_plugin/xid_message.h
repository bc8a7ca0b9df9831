// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nvinject-xid says of GPUs (core/probe/plugin_link.h): one line each, as text to values.
// Pure.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject::nri {

struct XidMessage {
  enum class Kind {
    kWatching,   // it waits for Xid errors
    kReleased,   // it has let go of the GPUs, and hears of none
    kFailed,     // the driver has reported an error of a GPU
    kRecovered,  // all have: whoever had them released has done with them
  };
  Kind kind = Kind::kWatching;
  std::string uuid;  // of kFailed: "GPU-…"
  unsigned xid = 0;  // the same
  bool operator==(const XidMessage&) const = default;
};

// The longest message has 53 bytes.
inline constexpr std::size_t kMaxXidLine = 64;

// `line` without its end. kInvalidRequest: none of these.
[[nodiscard]] Result<XidMessage> parse_xid_message(std::string_view line);

// Errors of the program that runs on a GPU and not of the GPU: the next program finds it well
// (reference: Kubernetes, "Health").
[[nodiscard]] bool is_application_error(unsigned xid);

}  // namespace nvinject::nri
