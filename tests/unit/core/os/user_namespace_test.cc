// SPDX-License-Identifier: Apache-2.0
#include "core/os/user_namespace.h"

#include <gtest/gtest.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

TEST(UserNamespace, IsOneUnlessTheMapIsTheIdentity) {
  const testing::TempTree proc;
  EXPECT_FALSE(in_user_namespace(proc.host()));
  proc.file("self/uid_map", "         0          0 4294967295\n");
  proc.file("self/gid_map", "         0          0 4294967295\n");
  EXPECT_FALSE(in_user_namespace(proc.host()));
  proc.file("self/uid_map", "         0       1000          1\n         1     100000      65536\n");
  EXPECT_TRUE(in_user_namespace(proc.host()));
  proc.file("self/uid_map", "");  // nothing mapped yet
  EXPECT_TRUE(in_user_namespace(proc.host()));
}

}  // namespace
}  // namespace nvinject
