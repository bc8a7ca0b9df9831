// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/envelope.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "nri-plugin/wire/field_reader.h"

namespace nvinject::nri {
namespace {

using std::chrono::nanoseconds;

// Numbers of the fields in ttrpc's Request, Response and Status.
constexpr std::uint32_t kRequestService = 1;
constexpr std::uint32_t kRequestMethod = 2;
constexpr std::uint32_t kRequestPayload = 3;
constexpr std::uint32_t kRequestTimeout = 4;
constexpr std::uint32_t kResponseStatus = 1;
constexpr std::uint32_t kResponsePayload = 2;
constexpr std::uint32_t kStatusCode = 1;
constexpr std::uint32_t kStatusMessage = 2;

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
}

// Neither an empty text nor a zero is written, as proto3 has it.
void append_bytes_field(std::uint32_t number, std::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  append_varint(number << 3U | 2U, out);
  append_varint(bytes.size(), out);
  out.append(bytes);
}

void append_varint_field(std::uint32_t number, std::uint64_t value, std::string& out) {
  if (value == 0) return;
  append_varint(number << 3U, out);
  append_varint(value, out);
}

// A caller whose time is over says a negative number.
std::optional<nanoseconds> timeout_from(std::uint64_t varint) {
  const auto value = static_cast<std::int64_t>(varint);
  if (value == 0) return std::nullopt;
  return std::clamp(nanoseconds(value), nanoseconds(0), nanoseconds(kMaxCallTimeout));
}

bool parse_status(std::string_view bytes, Answer& answer) {
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->is_varint(kStatusCode)) {
      answer.code = static_cast<StatusCode>(static_cast<std::int32_t>(field->varint));
    }
    if (field->is_bytes(kStatusMessage)) answer.message = field->bytes;
  }
  return fields.ok();
}

}  // namespace

Result<Call> parse_call(std::string_view bytes) {
  Call call;
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->is_bytes(kRequestService)) call.service = field->bytes;
    if (field->is_bytes(kRequestMethod)) call.method = field->bytes;
    if (field->is_bytes(kRequestPayload)) call.payload = field->bytes;
    if (field->is_varint(kRequestTimeout)) call.timeout = timeout_from(field->varint);
  }
  if (!fields.ok()) {
    return fail(ErrorCode::kInvalidRequest, "read ttrpc request: no protobuf message");
  }
  return call;
}

Result<Answer> parse_answer(std::string_view bytes) {
  Answer answer;
  bool ok = true;
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->is_bytes(kResponseStatus)) ok = parse_status(field->bytes, answer) && ok;
    if (field->is_bytes(kResponsePayload)) answer.payload = field->bytes;
  }
  if (!fields.ok() || !ok) {
    return fail(ErrorCode::kInvalidRequest, "read ttrpc response: no protobuf message");
  }
  return answer;
}

std::string print_call(const Call& call) {
  std::string out;
  append_bytes_field(kRequestService, call.service, out);
  append_bytes_field(kRequestMethod, call.method, out);
  append_bytes_field(kRequestPayload, call.payload, out);
  const std::int64_t timeout = call.timeout.value_or(nanoseconds(0)).count();
  append_varint_field(kRequestTimeout, static_cast<std::uint64_t>(timeout), out);
  return out;
}

std::string print_answer(std::string_view payload) {
  std::string out;
  append_bytes_field(kResponsePayload, payload, out);
  return out;
}

std::string print_failure(StatusCode code, std::string_view message) {
  if (code == StatusCode::kOk) code = StatusCode::kUnknown;
  std::string status;
  append_varint_field(kStatusCode, static_cast<std::uint64_t>(code), status);
  append_bytes_field(kStatusMessage, to_utf8(message, kMaxFailureBytes), status);
  std::string out;
  append_bytes_field(kResponseStatus, status, out);
  return out;
}

}  // namespace nvinject::nri
