// SPDX-License-Identifier: Apache-2.0
#include "core/grant/grant_policy.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

TEST(GrantPolicy, WordsAreThoseOfTheConfig) {
  EXPECT_EQ(to_string(PolicyMode::kAllocated), "allocated");
  EXPECT_EQ(to_string(PolicyMode::kEnv), "env");
  EXPECT_EQ(to_string(Enforce::kAudit), "audit");
  EXPECT_EQ(to_string(Enforce::kWarn), "warn");
  EXPECT_EQ(to_string(Enforce::kDeny), "deny");
}

// Nobody gets anything by having no configuration.
TEST(GrantPolicy, TheDefaultGivesNothingThatWasNotAllocated) {
  EXPECT_EQ(GrantPolicy{}.mode, PolicyMode::kAllocated);
  EXPECT_EQ(GrantPolicy{}.enforce, Enforce::kWarn);
}

}  // namespace
}  // namespace nvinject
