// SPDX-License-Identifier: Apache-2.0
#include "core/image/forward_compat_note.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;

TEST(ForwardCompatNote, SaysCudaVersionAndDrivers) {
  EXPECT_EQ(parse_forward_compat_note(
                R"({"Format": 1, "CUDA Version": "12.9", "Driver": [535, 550], "Device": [1, 2]})"),
            (ForwardCompatNote{.cuda_version = "12.9", .driver_majors = {535, 550}}));
}

TEST(ForwardCompatNote, EitherMayBeMissingAndNamesMayBeLowerCase) {
  EXPECT_EQ(parse_forward_compat_note("{}"), ForwardCompatNote{});
  EXPECT_EQ(parse_forward_compat_note(R"({"cuda version": "13.2"})"),
            (ForwardCompatNote{.cuda_version = "13.2", .driver_majors = {}}));
  EXPECT_EQ(parse_forward_compat_note(R"({"driver": [580]})"),
            (ForwardCompatNote{.cuda_version = "", .driver_majors = {580}}));
}

TEST(ForwardCompatNote, WhatAnImageMayWriteThereIsRefused) {
  const std::string hostile[] = {
      "",
      "[]",
      "null",
      "{",
      R"({"Driver": [535], "Driver": [550]})",
      R"({"Driver": "535"})",
      R"({"Driver": ["535"]})",
      R"({"Driver": [-1]})",
      R"({"Driver": [535.5]})",
      R"({"Driver": [4294967296]})",
      R"({"Driver": [99999999999999999999]})",
      R"({"Driver": {"0": 535}})",
      R"({"CUDA Version": 12.9})",
      R"({"CUDA Version": "12.9; rm"})",
      R"({"CUDA Version": "\n"})",
      R"({"CUDA Version": ")" + std::string(33, '1') + "\"}",
      std::string(2000, '[') + std::string(2000, ']'),
  };
  for (const std::string& text : hostile) {
    EXPECT_THAT(parse_forward_compat_note(text), FailsWith(ErrorCode::kInvalidRequest, "")) << text;
  }
  std::string many = R"({"Driver": [1)";
  for (int i = 0; i < 64; ++i) many += ",1";
  EXPECT_THAT(parse_forward_compat_note(many + "]}"), FailsWith(ErrorCode::kInvalidRequest, ""));
}

}  // namespace
}  // namespace nvinject
