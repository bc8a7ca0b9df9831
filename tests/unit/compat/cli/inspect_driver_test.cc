// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/inspect_driver.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using ::testing::HasSubstr;

TEST(InspectDriver, GivesTheInventoryOfALoadedDriver) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  Answer answer;
  const auto inventory = inspect_driver({}, node.roots(), {}, answer);
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->gpus.size(), 8U);
  EXPECT_EQ(answer.failure, Failure::kNone);
}

TEST(InspectDriver, SaysInKnownWordsThatThereIsNoDriver) {
  const DriverRootTree node("d etc\n");
  Answer answer;
  EXPECT_FALSE(inspect_driver({}, node.roots(), {}, answer));
  EXPECT_EQ(answer.failure, Failure::kInitialization);
  EXPECT_THAT(answer.problem, HasSubstr("driver not loaded"));
}

TEST(InspectDriver, ARootThatIsNotThereIsNamed) {
  const DriverRootTree node("d etc\n");
  Roots roots = node.roots();
  roots.driver = node.tree().host("missing");
  Answer answer;
  EXPECT_FALSE(inspect_driver({}, roots, {}, answer));
  EXPECT_EQ(answer.failure, Failure::kInitialization);
  EXPECT_THAT(answer.problem, HasSubstr("missing"));
}

}  // namespace
}  // namespace nvinject::compat
