// SPDX-License-Identifier: Apache-2.0
#include "core/request/container_facts.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::Optional;

TEST(FindVariable, OfEqualNamesTheLastCounts) {
  const std::vector<std::string> env = {"A=1", "AB=2", "A=3", "A", "B=", "=4"};
  EXPECT_THAT(find_variable(env, "A"), Optional(std::string_view("3")));
  EXPECT_THAT(find_variable(env, "AB"), Optional(std::string_view("2")));
  EXPECT_THAT(find_variable(env, "B"), Optional(std::string_view()));
  EXPECT_EQ(find_variable(env, "C"), std::nullopt);
  EXPECT_EQ(find_variable({"A"}, "A"), std::nullopt);
}

TEST(MinorOfNode, IsInTheNameOfAGpusNode) {
  EXPECT_EQ(minor_of_node("/dev/nvidia12"), 12U);
  for (const char* const path :
       {"/dev/nvidia", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia1x",
        "/dev/nvidia-caps/nvidia-cap1", "/dev/null", ""}) {
    EXPECT_EQ(minor_of_node(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace nvinject
