// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/envelope.h"

#include <gmock/gmock.h>

#include "core/base/utf8.h"
#include "proto/ttrpc.pb.h"
#include "tests/support/matchers.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using std::chrono::nanoseconds;
using testing::FailsWith;
using testing::from_hex;
using testing::Succeeds;

// Captured from NRI v0.12.2; headers of mux and ttrpc left out.
constexpr const char* kRegisterPlugin =
    "0a 1c 6e 72 69 2e 70 6b 67 2e 61 70 69 2e 76 31 61 6c 70 68 61 31 2e 52 75 6e 74 69 6d 65"
    "12 0e 52 65 67 69 73 74 65 72 50 6c 75 67 69 6e"
    "1a 12 0a 03 67 70 75 12 02 31 30 1a 07 76 30 2e 31 32 2e 32"
    "20 80 e4 97 d0 12";
constexpr const char* kConfigure =
    "0a 1b 6e 72 69 2e 70 6b 67 2e 61 70 69 2e 76 31 61 6c 70 68 61 31 2e 50 6c 75 67 69 6e"
    "12 09 43 6f 6e 66 69 67 75 72 65"
    "1a 25 12 0c 6d 6f 63 6b 2d 72 75 6e 74 69 6d 65 1a 06 76 31 2e 32 2e 33 20 88 27 28 d0 0f"
    "32 07 76 30 2e 31 32 2e 32"
    "20 fc 9f cf b9 07";

TEST(Envelope, ACallIsRead) {
  const std::string bytes = from_hex(kConfigure);
  const auto call = parse_call(bytes);
  ASSERT_THAT(call, Succeeds());
  EXPECT_EQ(call->service, "nri.pkg.api.v1alpha1.Plugin");
  EXPECT_EQ(call->method, "Configure");
  EXPECT_EQ(call->payload.size(), 0x25);
  EXPECT_EQ(call->payload.data(), bytes.data() + 0x1d + 0x0b + 2);
  EXPECT_EQ(call->timeout, nanoseconds(1999884284));
}

TEST(Envelope, ACallIsWrittenAsGoWritesIt) {
  EXPECT_EQ(print_call({.service = "nri.pkg.api.v1alpha1.Runtime",
                        .method = "RegisterPlugin",
                        .payload = "\n\003gpu\022\00210\032\007v0.12.2",
                        .timeout = std::chrono::seconds(5)}),
            from_hex(kRegisterPlugin));
  EXPECT_EQ(print_call({}), "");
}

TEST(Envelope, APayloadThatIsEmptyIsNotThere) {
  const std::string synchronize = from_hex(
      "0a 1b 6e 72 69 2e 70 6b 67 2e 61 70 69 2e 76 31 61 6c 70 68 61 31 2e 50 6c 75 67 69 6e"
      "12 0b 53 79 6e 63 68 72 6f 6e 69 7a 65 20 fc 9f cf b9 07");
  EXPECT_EQ(synchronize.size(), 0x30);
  const auto call = parse_call(synchronize);
  ASSERT_THAT(call, Succeeds());
  EXPECT_EQ(call->method, "Synchronize");
  EXPECT_EQ(call->payload, "");
}

TEST(Envelope, TheTimeoutIsBetweenNothingAndADay) {
  ttrpc::Request request;
  const auto timeout_of = [&request](std::int64_t value) {
    request.set_timeout_nano(value);
    return parse_call(request.SerializeAsString())->timeout;
  };
  EXPECT_EQ(timeout_of(0), std::nullopt);
  EXPECT_EQ(timeout_of(1), nanoseconds(1));
  EXPECT_EQ(timeout_of(-1), nanoseconds(0));
  EXPECT_EQ(timeout_of(INT64_MIN), nanoseconds(0));
  EXPECT_EQ(timeout_of(INT64_MAX), nanoseconds(kMaxCallTimeout));
}

TEST(Envelope, MetadataAndUnknownFieldsAreIgnored) {
  ttrpc::Request request;
  request.set_service("s");
  request.set_payload(std::string("\0\xff", 2));
  request.add_metadata()->set_key("traceparent");
  const std::string bytes = request.SerializeAsString() + from_hex("c2 3e 03 61 62 63 d0 3e 07");
  const auto call = parse_call(bytes);
  ASSERT_THAT(call, Succeeds());
  EXPECT_EQ(call->service, "s");
  EXPECT_EQ(call->payload, std::string_view("\0\xff", 2));
}

TEST(Envelope, AFieldOfAnotherKindIsUnknown) {
  const std::string bytes = from_hex("0a 01 61 08 07 22 01 62");
  const auto call = parse_call(bytes);
  ASSERT_THAT(call, Succeeds());
  EXPECT_EQ(call->service, "a");
  EXPECT_EQ(call->timeout, std::nullopt);
}

TEST(Envelope, WhatIsNoProtobufIsNoCallAndNoAnswer) {
  for (const char* bytes : {"0a", "0a 05 61", "ff", "07"}) {
    EXPECT_THAT(parse_call(from_hex(bytes)), FailsWith(ErrorCode::kInvalidRequest, "request"));
    EXPECT_THAT(parse_answer(from_hex(bytes)), FailsWith(ErrorCode::kInvalidRequest, "response"));
  }
  EXPECT_THAT(parse_answer(from_hex("0a 02 08 80")),
              FailsWith(ErrorCode::kInvalidRequest, "response"));
}

TEST(Envelope, AnAnswerIsRead) {
  const std::string bytes = from_hex("12 02 10 08");
  const auto answer = parse_answer(bytes);
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer->code, StatusCode::kOk);
  EXPECT_EQ(answer->payload, from_hex("10 08"));

  const auto empty = parse_answer("");
  ASSERT_THAT(empty, Succeeds());
  EXPECT_EQ(empty->code, StatusCode::kOk);
  EXPECT_EQ(empty->payload, "");
}

TEST(Envelope, ARefusalIsRead) {
  const auto answer = parse_answer(from_hex("0a 0c 08 02 12 08 6d 65 74 68 6f 64 20 5a"));
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer->code, StatusCode::kUnknown);
  EXPECT_EQ(answer->message, "method Z");
}

TEST(Envelope, AnswersAreWrittenAsGoWritesThem) {
  EXPECT_EQ(print_answer(from_hex("10 08")), from_hex("12 02 10 08"));
  EXPECT_EQ(print_answer(""), "");
  EXPECT_EQ(print_failure(StatusCode::kUnimplemented, "method Z"),
            from_hex("0a 0c 08 0c 12 08 6d 65 74 68 6f 64 20 5a"));
}

TEST(Envelope, WhatIsWrittenIsWhatProtobufReads) {
  const std::string payload = testing::numbered_bytes(70000);
  ttrpc::Response response;
  ASSERT_TRUE(response.ParseFromString(print_answer(payload)));
  EXPECT_TRUE(response.payload() == payload);
  EXPECT_FALSE(response.has_status());

  ttrpc::Request request;
  ASSERT_TRUE(request.ParseFromString(print_call({.service = "service",
                                                  .method = "method",
                                                  .payload = payload,
                                                  .timeout = std::chrono::seconds(7)})));
  EXPECT_EQ(request.service(), "service");
  EXPECT_EQ(request.method(), "method");
  EXPECT_TRUE(request.payload() == payload);
  EXPECT_EQ(request.timeout_nano(), 7000000000);
}

TEST(Envelope, TheTextOfAFailureIsShortAndUtf8) {
  const std::string hostile = "\xff" + std::string(100000, 'a');
  ttrpc::Response response;
  ASSERT_TRUE(response.ParseFromString(print_failure(StatusCode::kInternal, hostile)));
  EXPECT_EQ(response.status().code(), 13);
  EXPECT_EQ(response.status().message().size(), kMaxFailureBytes);
  EXPECT_TRUE(is_utf8(response.status().message()));
}

TEST(Envelope, AFailureIsNeverASuccess) {
  const auto answer = parse_answer(print_failure(StatusCode::kOk, ""));
  ASSERT_THAT(answer, Succeeds());
  EXPECT_EQ(answer->code, StatusCode::kUnknown);
}

}  // namespace
}  // namespace nvinject::nri
