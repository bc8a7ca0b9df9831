// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_numbers.h"

#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

TEST(DeviceNumbers, AreThoseOfCharacterDevicesOnly) {
  const DeviceNumbers numbers;
  const auto null = numbers.of(HostPath("/dev/null"));
  ASSERT_TRUE(null);
  EXPECT_EQ(null->number, (DeviceNumber{.major = 1, .minor = 3}));
  const testing::TempTree tree;
  tree.file("file", "");
  tree.link("link", "/dev/null");
  EXPECT_FALSE(numbers.of(tree.host("file")));
  EXPECT_FALSE(numbers.of(tree.host("link")));
  EXPECT_FALSE(numbers.of(tree.host("none")));
}

}  // namespace
}  // namespace nvinject
