// SPDX-License-Identifier: Apache-2.0
#include "core/request/capability.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

TEST(Capability, IsFoundByItsExactName) {
  EXPECT_EQ(find_capability("compat32"), Capability::kCompat32);
  EXPECT_EQ(find_capability("Compute"), std::nullopt);
  EXPECT_EQ(find_capability("all"), std::nullopt);
  EXPECT_EQ(find_capability(""), std::nullopt);
}

TEST(CapabilitySet, IsPrintedInAlphabeticalOrder) {
  EXPECT_EQ(to_string({Capability::kVideo, Capability::kCompute}), "compute,video");
  EXPECT_EQ(to_string(CapabilitySet::all()), "compat32,compute,display,graphics,ngx,utility,video");
  EXPECT_EQ(to_string({}), "");
}

TEST(CapabilitySet, ComparesAndIntersects) {
  const CapabilitySet two = {Capability::kVideo, Capability::kCompute};
  EXPECT_TRUE(CapabilitySet::all().contains(two));
  EXPECT_FALSE(two.contains(CapabilitySet::all()));
  EXPECT_TRUE(two.contains({}));
  EXPECT_TRUE(two.intersects({Capability::kVideo, Capability::kNgx}));
  EXPECT_FALSE(two.intersects({}));
  EXPECT_EQ((two & CapabilitySet{Capability::kVideo, Capability::kNgx}),
            CapabilitySet{Capability::kVideo});
}

}  // namespace
}  // namespace nvinject
