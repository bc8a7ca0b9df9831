// SPDX-License-Identifier: Apache-2.0
#include "core/render/adjustment.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using ::testing::ElementsAre;
using testing::sample_plan;

TEST(Adjustment, HasWhatTheContainerDoesNotHaveYet) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  facts.env = {"LD_LIBRARY_PATH=/a:"};
  const Adjustment adjustment = make_adjustment(sample_plan(), facts);
  ASSERT_EQ(adjustment.devices.size(), 1U);
  EXPECT_EQ(adjustment.devices[0].path, ContainerPath("/dev/nvidiactl"));
  EXPECT_EQ(adjustment.mounts, sample_plan().mounts);
  EXPECT_THAT(adjustment.env,
              ElementsAre(EnvValue{"LD_LIBRARY_PATH", "/a:/usr/local/nvidia/lib64"}));
  EXPECT_THAT(adjustment.decisions, Contains(Decides("/dev/nvidia0", "left", "already")));
}

TEST(Adjustment, HasARuleForEveryDeviceOfThePlan) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  EXPECT_THAT(make_adjustment(sample_plan(), facts).device_rules,
              ElementsAre(DeviceRule{.number = {195, 255}, .access = "rw"},
                          DeviceRule{.number = {195, 0}, .access = "rw"}))
      << "a node that is there may lack its rule";
}

TEST(Adjustment, SaysWhatNriCannotSay) {
  const Adjustment adjustment = make_adjustment(sample_plan(), ContainerFacts{});
  EXPECT_THAT(adjustment.decisions, Contains(Decides("group 985", "not added", "no groups")));
  EXPECT_THAT(adjustment.decisions, Contains(Decides("/etc/ld.so.cache", "left", "image")));
}

TEST(Adjustment, OfNothingIsNothing) {
  EXPECT_EQ(make_adjustment(InjectionPlan{}, ContainerFacts{}), Adjustment{});
}

}  // namespace
}  // namespace nvinject
