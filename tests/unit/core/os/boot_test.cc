// SPDX-License-Identifier: Apache-2.0
#include "core/os/boot.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

TEST(Boot, ReadsTheBootId) {
  const testing::TempTree proc;
  EXPECT_EQ(read_boot_id(proc.host()).error().os_errno, ENOENT);
  proc.file("sys/kernel/random/boot_id", "\n");
  EXPECT_EQ(read_boot_id(proc.host()).error().code, ErrorCode::kUnavailable);
  proc.file("sys/kernel/random/boot_id", "2a84b6fb-5c7d\n");
  EXPECT_EQ(read_boot_id(proc.host()), "2a84b6fb-5c7d");
}

TEST(Boot, TimeSinceBootCountsUp) {
  const auto before = time_since_boot();
  EXPECT_GT(before.count(), 0);
  EXPECT_GE(time_since_boot(), before);
}

}  // namespace
}  // namespace nvinject
