// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/prefer.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Eight GPUs "0" to "7", the first four on one NUMA node.
Offer node(unsigned replicas = 1) {
  Offer offer{.replicas = replicas};
  for (unsigned index = 0; index < 8; ++index) {
    offer.gpus.push_back({.uuid = std::to_string(index), .index = index, .numa_node = index / 4});
  }
  return offer;
}

TEST(Prefer, KeepsNeighboursTogether) {
  struct Row {
    std::vector<std::string> available;
    unsigned size;
    std::vector<std::string> preferred;
  };
  const Row rows[] = {
      {{"0", "1", "2", "3", "4", "5", "6", "7"}, 2, {"0", "1"}},
      {{"0", "2", "3", "5", "7"}, 2, {"2", "3"}},
      // Two of one node, however far apart, before two of different ones.
      {{"3", "4", "7"}, 2, {"4", "7"}},
      {{"7", "3", "1"}, 2, {"1", "3"}},
      // The node that is in use already.
      {{"0", "1", "2", "3", "6"}, 1, {"6"}},
      {{"2", "3", "4", "5", "6", "7"}, 4, {"4", "5", "6", "7"}},
      {{"3", "4"}, 2, {"3", "4"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(prefer(node(), {.available = row.available, .size = row.size}), row.preferred);
  }
}

TEST(Prefer, WhatMustBeIsFirstAndDrawsItsNeighbours) {
  EXPECT_THAT(
      prefer(node(), {.available = {"0", "1", "4", "5", "6"}, .must_include = {"5"}, .size = 2}),
      ElementsAre("5", "4"));
  EXPECT_THAT(prefer(node(), {.available = {"1", "2"}, .must_include = {"2", "1"}, .size = 1}),
              ElementsAre("2"));
}

TEST(Prefer, OfReplicasDifferentGpusThatFewestShare) {
  EXPECT_THAT(prefer(node(2), {.available = {"0::1", "1::0", "1::1", "2::0"}, .size = 1}),
              ElementsAre("1::0"));
  EXPECT_THAT(prefer(node(2), {.available = {"0::0", "0::1", "1::0", "1::1"}, .size = 2}),
              UnorderedElementsAre("0::0", "1::0"));
  EXPECT_THAT(prefer(node(3), {.available = {"0::0", "0::1", "0::2"}, .size = 2}),
              UnorderedElementsAre("0::0", "0::1"));
}

TEST(Prefer, HasNoMoreThanThereIs) {
  EXPECT_THAT(prefer(node(), {.available = {"1"}, .size = 3}), ElementsAre("1"));
  EXPECT_THAT(prefer(node(), {.available = {"?"}, .size = 1}), IsEmpty());
  EXPECT_THAT(prefer(node(), {.available = {"1"}, .size = 0}), IsEmpty());
}

}  // namespace
}  // namespace nvinject::nri
