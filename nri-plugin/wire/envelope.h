// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is inside of ttrpc's messages: calls and answers (reference: containerd/ttrpc,
// proto/request.proto; proto/ttrpc.proto of this tree). Read and written by hand, without building
// a message: a call's payload may have megabytes, and every container of the node comes through
// here.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject::nri {

// gRPC's numbering; the ones we send or ask for. A peer may answer any other number.
enum class StatusCode : std::int32_t {
  kOk = 0,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

// The longest patience that is told to us: more is nothing that anybody waits for, and would
// overflow a clock.
inline constexpr std::chrono::hours kMaxCallTimeout{24};

// Borrows from the message it was parsed from.
struct Call {
  std::string_view service;
  std::string_view method;
  std::string_view payload;
  // What the caller will still wait, 0 to kMaxCallTimeout; nothing: for ever.
  std::optional<std::chrono::nanoseconds> timeout;
};

struct Answer {
  StatusCode code = StatusCode::kOk;
  std::string message;  // when the code is not kOk
  std::string_view payload;
};

// kInvalidRequest: no protobuf message. Unknown fields and metadata are ignored.
[[nodiscard]] Result<Call> parse_call(std::string_view bytes);
[[nodiscard]] Result<Answer> parse_answer(std::string_view bytes);

[[nodiscard]] std::string print_call(const Call& call);
[[nodiscard]] std::string print_answer(std::string_view payload);
// The longest text of a failure: it ends up in an event of the pod.
inline constexpr std::size_t kMaxFailureBytes = 4096;
// `message` is cut to kMaxFailureBytes and every byte that is no UTF-8 becomes U+FFFD: a Go peer
// would take the whole answer for garbage otherwise. kOk is no failure and is sent as kUnknown.
[[nodiscard]] std::string print_failure(StatusCode code, std::string_view message);

}  // namespace nvinject::nri
