// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is inside of ttrpc's messages: calls and answers.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject::nri {

// gRPC's numbering; the ones we send or ask for.
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

// Borrows from the message it was parsed from.
struct Call {
  std::string_view service;
  std::string_view method;
  std::string_view payload;
  std::optional<std::chrono::nanoseconds> timeout;  // what the caller will still wait
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
// `message` is made valid UTF-8 and cut to a kibibyte or four: a Go peer could not read it
// otherwise.
[[nodiscard]] std::string print_failure(StatusCode code, std::string_view message);

}  // namespace nvinject::nri
