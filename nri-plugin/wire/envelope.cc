// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/envelope.h"

#include <algorithm>

#include "core/base/utf8.h"
#include "nri-plugin/wire/field_reader.h"
#include "proto/ttrpc.pb.h"

namespace nvinject::nri {
namespace {

using std::chrono::nanoseconds;

// A caller whose time is over says a negative number.
std::optional<nanoseconds> timeout_from(std::uint64_t varint) {
  const auto value = static_cast<std::int64_t>(varint);
  if (value == 0) return std::nullopt;
  return std::clamp(nanoseconds(value), nanoseconds(0), nanoseconds(kMaxCallTimeout));
}

bool parse_status(std::string_view bytes, Answer& answer) {
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->is_varint(ttrpc::Status::kCodeFieldNumber)) {
      answer.code = static_cast<StatusCode>(static_cast<std::int32_t>(field->varint));
    }
    if (field->is_bytes(ttrpc::Status::kMessageFieldNumber)) answer.message = field->bytes;
  }
  return fields.ok();
}

}  // namespace

Result<Call> parse_call(std::string_view bytes) {
  Call call;
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    if (field->is_bytes(ttrpc::Request::kServiceFieldNumber)) call.service = field->bytes;
    if (field->is_bytes(ttrpc::Request::kMethodFieldNumber)) call.method = field->bytes;
    if (field->is_bytes(ttrpc::Request::kPayloadFieldNumber)) call.payload = field->bytes;
    if (field->is_varint(ttrpc::Request::kTimeoutNanoFieldNumber))
      call.timeout = timeout_from(field->varint);
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
    if (field->is_bytes(ttrpc::Response::kStatusFieldNumber))
      ok = parse_status(field->bytes, answer) && ok;
    if (field->is_bytes(ttrpc::Response::kPayloadFieldNumber)) answer.payload = field->bytes;
  }
  if (!fields.ok() || !ok) {
    return fail(ErrorCode::kInvalidRequest, "read ttrpc response: no protobuf message");
  }
  return answer;
}

std::string print_call(const Call& call) {
  ttrpc::Request request;
  request.set_service(std::string(call.service));
  request.set_method(std::string(call.method));
  request.set_payload(std::string(call.payload));
  request.set_timeout_nano(call.timeout.value_or(nanoseconds(0)).count());
  return request.SerializeAsString();
}

std::string print_answer(std::string_view payload) {
  ttrpc::Response response;
  response.set_payload(payload.data(), payload.size());
  return response.SerializeAsString();
}

std::string print_failure(StatusCode code, std::string_view message) {
  if (code == StatusCode::kOk) code = StatusCode::kUnknown;
  ttrpc::Response response;
  response.mutable_status()->set_code(static_cast<std::int32_t>(code));
  response.mutable_status()->set_message(to_utf8(message, kMaxFailureBytes));
  return response.SerializeAsString();
}

}  // namespace nvinject::nri
