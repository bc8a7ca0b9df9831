// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/mode.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using testing::request_all;
using testing::request_listed;

const DeviceId kByCdiName{DeviceIdKind::kCdiName, "nvidia.com/gpu=0", 0, 0};
const DeviceId kByIndex{DeviceIdKind::kIndex, "1", 1, 0};

TEST(ChooseMode, TakesCdiNamesAloneForModeCdi) {
  EXPECT_EQ(choose_mode(RuntimeMode::kAuto, request_listed({kByCdiName})), RuntimeMode::kCdi);
  EXPECT_EQ(choose_mode(RuntimeMode::kAuto, request_listed({kByCdiName, kByIndex})),
            RuntimeMode::kAuto);
  EXPECT_EQ(choose_mode(RuntimeMode::kAuto, request_all()), RuntimeMode::kAuto);
}

TEST(ChooseMode, WhatTheAdministratorNamedCounts) {
  EXPECT_EQ(choose_mode(RuntimeMode::kLegacy, request_listed({kByCdiName})), RuntimeMode::kLegacy);
  EXPECT_EQ(choose_mode(RuntimeMode::kCdi, request_all()), RuntimeMode::kCdi);
}

TEST(ChooseMode, RefusesCsv) {
  const auto mode = choose_mode(RuntimeMode::kCsv, request_all());
  ASSERT_FALSE(mode);
  EXPECT_EQ(mode.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(mode.error().message, HasSubstr("'csv'"));
}

}  // namespace
}  // namespace nvinject
