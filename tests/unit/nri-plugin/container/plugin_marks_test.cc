// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/plugin_marks.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(PluginMarks, ANodeOfAGpuHasItsMinor) {
  EXPECT_EQ(minor_of_node("/dev/nvidia12"), 12U);
  for (const char* const path :
       {"/dev/nvidia", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia1x",
        "/dev/nvidia-caps/nvidia-cap1", "/dev/null", ""}) {
    EXPECT_EQ(minor_of_node(path), std::nullopt) << path;
  }
}

TEST(PluginMarks, AreTheVariableAndTheNodesOfGpus) {
  EXPECT_EQ(mark_of_plugin({.env = {"NVIDIA_VISIBLE_DEVICES=all"}}), std::nullopt);
  EXPECT_THAT(mark_of_plugin({.env = {"NVINJECT_ALLOCATED=GPU-a"}}),
              Optional(HasSubstr("NVINJECT_ALLOCATED")));
  ContainerFacts facts{.devices = {{.path = "/dev/nvidiactl"}, {.path = "/dev/nvidia-uvm"}}};
  EXPECT_EQ(mark_of_plugin(facts), std::nullopt);
  facts.devices.push_back({.path = "/dev/nvidia0"});
  EXPECT_THAT(mark_of_plugin(facts), Optional(HasSubstr("/dev/nvidia0")));
  facts.privileged = true;
  EXPECT_EQ(mark_of_plugin(facts), std::nullopt);
}

}  // namespace
}  // namespace nvinject::nri
