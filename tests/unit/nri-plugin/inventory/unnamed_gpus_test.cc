// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/unnamed_gpus.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr NameSchedule::Time kStart{std::chrono::hours(1)};

TEST(UnnamedGpus, AreSoundAndHaveNoUuid) {
  Inventory inventory = testing::sample_inventory(4);
  EXPECT_THAT(unnamed_gpus(inventory), IsEmpty());
  inventory.gpus[1].uuid.clear();
  inventory.gpus[2].uuid.clear();
  inventory.gpus[2].broken = "no node";
  inventory.gpus[3].uuid.clear();
  EXPECT_THAT(unnamed_gpus(inventory), ElementsAre(1, 3));
}

TEST(NameSchedule, NobodyIsAskedWhereAllHaveNames) {
  NameSchedule schedule;
  EXPECT_FALSE(schedule.is_due({.inventory = testing::sample_inventory(2)}, kStart));
  EXPECT_FALSE(schedule.is_due({}, kStart));
}

TEST(NameSchedule, AsksAtOnceAndThenLessAndLessOften) {
  Snapshot snapshot{.inventory = testing::sample_inventory(2)};
  snapshot.inventory.gpus[1].uuid.clear();
  NameSchedule schedule;
  auto now = kStart;
  EXPECT_TRUE(schedule.is_due(snapshot, now));
  for (auto pause = NameSchedule::kFirstPause; pause < NameSchedule::kLongestPause; pause *= 2) {
    EXPECT_FALSE(schedule.is_due(snapshot, now + pause - std::chrono::seconds(1)));
    now += pause;
    EXPECT_TRUE(schedule.is_due(snapshot, now)) << pause.count();
  }
  for (int i = 0; i < 3; ++i) {
    now += NameSchedule::kLongestPause;
    EXPECT_FALSE(schedule.is_due(snapshot, now - std::chrono::seconds(1)));
    EXPECT_TRUE(schedule.is_due(snapshot, now));
  }
}

TEST(NameSchedule, OthersWithoutANameAreAskedForAtOnce) {
  Snapshot snapshot{.inventory = testing::sample_inventory(2)};
  snapshot.inventory.gpus[1].uuid.clear();
  NameSchedule schedule;
  EXPECT_TRUE(schedule.is_due(snapshot, kStart));
  EXPECT_FALSE(schedule.is_due(snapshot, kStart));
  snapshot.inventory.gpus[0].uuid.clear();
  EXPECT_TRUE(schedule.is_due(snapshot, kStart));
  EXPECT_FALSE(schedule.is_due({.inventory = testing::sample_inventory(2)}, kStart));
  EXPECT_TRUE(schedule.is_due(snapshot, kStart));
}

}  // namespace
}  // namespace nvinject::nri
