// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/container_table.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

KnownContainer sample(std::string id, std::string pod, std::vector<unsigned> minors) {
  return {.who = {.id = std::move(id), .name = "c", .pod = std::move(pod), .name_space = "n"},
          .asked = "all",
          .minors = std::move(minors)};
}

TEST(ContainerTable, TellsWhoHoldsWhichGpuInTheOrderOfNames) {
  ContainerTable table;
  table.put(sample("1", "zebra", {1, 3}));
  table.put(sample("2", "ant", {2}));
  const Inventory inventory = nvinject::testing::sample_inventory();
  const auto report = table.report(&inventory);
  ASSERT_EQ(report.size(), 2U);
  EXPECT_EQ(report[0].pod, "ant");
  EXPECT_THAT(report[0].gpus, ElementsAre(2U));
  EXPECT_THAT(report[1].gpus, ElementsAre(1U, 3U));
}

TEST(ContainerTable, AMinorIsNoIndex) {
  ContainerTable table;
  table.put(sample("1", "p", {7}));
  Inventory inventory = nvinject::testing::sample_inventory();
  inventory.gpus[2].minor = 7;
  EXPECT_THAT(table.report(&inventory)[0].gpus, ElementsAre(2U));
}

TEST(ContainerTable, WithoutAnInventoryNobodyKnows) {
  ContainerTable table;
  table.put(sample("1", "p", {1}));
  EXPECT_THAT(table.report(nullptr)[0].gpus, IsEmpty());
}

TEST(ContainerTable, StopTakesAway) {
  ContainerTable table;
  table.put(sample("1", "p", {1}));
  table.remove("1");
  table.remove("never there");
  EXPECT_THAT(table.all(), IsEmpty());
  table.put(sample("3", "q", {2}));
  EXPECT_TRUE(table.contains("3"));
  EXPECT_EQ(table.count(ContainerOutcome::kServed), 1U);
  EXPECT_EQ(table.count(ContainerOutcome::kWithout), 0U);
}

TEST(ContainerTable, IsBounded) {
  ContainerTable table;
  for (std::size_t i = 0; i < kMaxKnownContainers + 5; ++i) {
    table.put(sample(std::to_string(i), "p", {1}));
  }
  EXPECT_EQ(table.all().size(), kMaxKnownContainers);
  table.put(sample("0", "another pod", {2}));
  EXPECT_EQ(table.all().at("0").who.pod, "another pod");
}

}  // namespace
}  // namespace nvinject::nri
