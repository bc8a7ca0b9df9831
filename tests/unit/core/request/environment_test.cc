// SPDX-License-Identifier: Apache-2.0
#include "core/request/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Environment, TakesTheLastOfEqualNames) {
  const std::vector<std::string> entries = {"A=1", "B=2", "A=3"};
  EXPECT_EQ(Environment(entries).find("A"), "3");
}

TEST(Environment, TellsUnsetFromEmpty) {
  const std::vector<std::string> entries = {"A="};
  const Environment environment(entries);
  EXPECT_EQ(environment.find("A"), "");
  EXPECT_EQ(environment.find("B"), std::nullopt);
  EXPECT_EQ(environment.value_of("B"), "");
}

TEST(Environment, EndsTheNameAtTheFirstEqualsSign) {
  const std::vector<std::string> entries = {"A=b=c", "=x"};
  EXPECT_EQ(Environment(entries).find("A"), "b=c");
}

TEST(Environment, IgnoresAnEntryWithoutEqualsSign) {
  const std::vector<std::string> entries = {"A=1", "A", ""};
  EXPECT_EQ(Environment(entries).find("A"), "1");
}

TEST(Environment, ListsAPrefixByName) {
  const std::vector<std::string> entries = {"N_B=1", "N=0", "N_A=2", "O=3", "N_B=4"};
  EXPECT_THAT(Environment(entries).with_prefix("N_"),
              ElementsAre(Pair("N_A", "2"), Pair("N_B", "4")));
}

TEST(LegacyImage, HasACudaVersionAndNoCudaRequirement) {
  struct Row {
    std::string_view name;
    std::vector<std::string> env;
    bool legacy;
  };
  const std::vector<Row> rows = {
      {"no variable", {}, false},
      {"a version", {"CUDA_VERSION=11.4"}, true},
      {"an empty version", {"CUDA_VERSION="}, false},
      {"a version and a requirement", {"CUDA_VERSION=11.4", "NVIDIA_REQUIRE_CUDA=cuda>=11"}, false},
      {"a version and an empty requirement", {"CUDA_VERSION=11.4", "NVIDIA_REQUIRE_CUDA="}, true},
  };
  for (const Row& row : rows)
    EXPECT_EQ(is_legacy_image(Environment(row.env)), row.legacy) << row.name;
}

}  // namespace
}  // namespace nvinject
