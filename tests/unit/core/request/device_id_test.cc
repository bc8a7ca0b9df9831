// SPDX-License-Identifier: Apache-2.0
#include "core/request/device_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace nvinject {
namespace {

using ::testing::HasSubstr;

TEST(DeviceId, HasSixForms) {
  const std::vector<DeviceId> ids = {
      {DeviceIdKind::kIndex, "0", 0, 0},
      {DeviceIdKind::kIndex, "007", 7, 0},
      {DeviceIdKind::kIndex, "4294967295", 4294967295, 0},
      {DeviceIdKind::kMigIndex, "0:1", 0, 1},
      {DeviceIdKind::kMigIndex, "12:6", 12, 6},
      {DeviceIdKind::kUuid, "GPU-fef8089b-4820-abfc-e83e-94318197576e"},
      {DeviceIdKind::kUuid, "gpu-FEF8089B-4820-ABFC-E83E-94318197576E"},
      {DeviceIdKind::kUuid, "GPU-fef8"},
      {DeviceIdKind::kMigUuid, "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f"},
      {DeviceIdKind::kMigUuid, "mig-c6d4"},
      {DeviceIdKind::kMigUuid, "MIG-GPU-fef8089b-4820-abfc-e83e-94318197576e/1/0"},
      {DeviceIdKind::kPciBusId, "0000:10:00.0"},
      {DeviceIdKind::kPciBusId, "0000FFFF:Ca:1f.7"},
      {DeviceIdKind::kPciBusId, "0:3b:0.0"},
      {DeviceIdKind::kCdiName, "nvidia.com/gpu=0"},
      {DeviceIdKind::kCdiName, "vendor.com/nic=eth0"},
  };
  for (const DeviceId& id : ids) EXPECT_EQ(parse_device_id(id.text), id) << id.text;
}

TEST(DeviceId, HasNoOtherForm) {
  const std::vector<std::string> texts = {
      "",
      " 0",
      "foo bar",
      "foo",
      "-1",
      "+1",
      "0x1",
      "1.0",
      "4294967296",
      "99999999999999999999",
      "0:",
      ":0",
      "0:-1",
      "0:1:2",
      "0:99999999999999999999",
      "GPU-",
      "GPU",
      "GPU-g",
      "GPU-fef8 ",
      "GPU-fef8089b-4820-abfc-e83e-94318197576e0",
      "MIG-",
      "MIG-GPU-fef8",
      "MIG-GPU-fef8/1",
      "MIG-GPU-fef8/1/0/0",
      "MIG-GPU-fef8/1/",
      "MIG-fef8/1/0",
      "MIG-GPU-/1/0",
      "10:00.0",
      "0000:10:00.8",
      "0000:10:00",
      "0000:10:0.00",
      "g000:10:00.0",
      "../../etc/passwd",
      "/dev/nvidia0",
      "nvidia.com/gpu",
      "nvidia.com/gpu=",
      "0\n",
      "0\x1b[31m",
      "\xff",
      std::string("0\0", 2),
      std::string(1 << 20, '1'),
      std::string(257, '0'),
      "nvidia.com/gpu=" + std::string(1 << 20, 'a'),
      "GPU-" + std::string(1 << 20, 'a'),
  };
  for (const std::string& text : texts) {
    const Result<DeviceId> id = parse_device_id(text);
    ASSERT_FALSE(id.has_value()) << text.substr(0, 50);
    EXPECT_EQ(id.error().code, ErrorCode::kInvalidRequest);
    EXPECT_LT(id.error().message.size(), 1000U);
  }
}

TEST(DeviceId, IsQuotedInTheError) {
  EXPECT_THAT(parse_device_id("a\nb").error().message, HasSubstr(R"('a\x0ab')"));
}

TEST(SameDevice, LooksThroughSpelling) {
  struct Row {
    std::string_view a;
    std::string_view b;
    bool same;
  };
  const std::vector<Row> rows = {
      {"0", "00", true},
      {"0", "1", false},
      {"0:1", "00:01", true},
      {"0:1", "1:0", false},
      {"GPU-ab", "gpu-AB", true},
      {"GPU-ab", "GPU-abc", false},
      {"0000:1A:00.0", "0000:1a:00.0", true},
      {"nvidia.com/gpu=a", "nvidia.com/gpu=A", false},
      {"nvidia.com/gpu=a", "nvidia.com/gpu=a", true},
      {"0", "0:0", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(same_device(*parse_device_id(row.a), *parse_device_id(row.b)), row.same)
        << row.a << " " << row.b;
  }
}

}  // namespace
}  // namespace nvinject
