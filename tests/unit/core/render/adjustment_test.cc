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
using testing::FailsWith;
using testing::sample_plan;
using testing::Succeeds;

Adjustment made(const InjectionPlan& plan, const ContainerFacts& facts) {
  auto adjustment = make_adjustment(plan, facts);
  EXPECT_THAT(adjustment, Succeeds());
  return adjustment ? *std::move(adjustment) : Adjustment{};
}

TEST(Adjustment, HasWhatTheContainerDoesNotHaveYet) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  facts.env = {"LD_LIBRARY_PATH=/a:"};
  const Adjustment adjustment = made(sample_plan(), facts);
  ASSERT_EQ(adjustment.devices.size(), 1U);
  EXPECT_EQ(adjustment.devices[0].path, ContainerPath("/dev/nvidiactl"));
  EXPECT_EQ(adjustment.mounts, sample_plan().mounts);
  EXPECT_THAT(adjustment.env,
              ElementsAre(EnvValue{"LD_LIBRARY_PATH", "/a:/usr/local/nvidia/lib64", true}));
  EXPECT_THAT(adjustment.decisions, Contains(Decides("/dev/nvidia0", "left", "already")));
}

TEST(Adjustment, HasARuleForEveryDeviceOfThePlan) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  EXPECT_THAT(made(sample_plan(), facts).device_rules,
              ElementsAre(DeviceRule{.number = {195, 255}, .access = "rw"},
                          DeviceRule{.number = {195, 0}, .access = "rw"}))
      << "a node that is there may lack its rule";
}

TEST(Adjustment, SaysWhatNriCannotSay) {
  const Adjustment adjustment = made(sample_plan(), ContainerFacts{});
  EXPECT_THAT(adjustment.decisions, Contains(Decides("group 985", "not added", "no groups")));
  EXPECT_THAT(adjustment.decisions, Contains(Decides("/etc/ld.so.cache", "left", "image")));
}

TEST(Adjustment, HasNothingTwiceWhateverThePlanRepeats) {
  InjectionPlan plan = sample_plan();
  PlannedDevice other_device = plan.devices[0];
  other_device.node.number.minor = 7;
  PlannedMount other_mount = plan.mounts[0];
  other_mount.source = HostPath("/elsewhere/libcuda.so.1");
  plan.devices.insert(plan.devices.end(), {plan.devices[0], other_device});
  plan.mounts.insert(plan.mounts.end(), {plan.mounts[0], other_mount});
  plan.env.insert(plan.env.end(), {plan.env[0], {.name = "LD_LIBRARY_PATH", .append = {"/more"}}});

  const Adjustment adjustment = made(plan, ContainerFacts{});
  EXPECT_EQ(adjustment.devices, sample_plan().devices) << "the first counts";
  EXPECT_EQ(adjustment.mounts, sample_plan().mounts);
  EXPECT_THAT(adjustment.env,
              ElementsAre(EnvValue{"LD_LIBRARY_PATH", "/usr/local/nvidia/lib64:/more"}));
  EXPECT_THAT(adjustment.device_rules, ElementsAre(DeviceRule{.number = {195, 255}, .access = "rw"},
                                                   DeviceRule{.number = {195, 0}, .access = "rw"},
                                                   DeviceRule{.number = {195, 7}, .access = "rw"}));
  EXPECT_THAT(adjustment.decisions,
              ::testing::IsSupersetOf({Decides("/dev/nvidiactl", "left", "the plan"),
                                       Decides("/dev/nvidiactl", "left", "the plan"),
                                       Decides("/usr/lib/libcuda.so.1", "left", "the plan"),
                                       Decides("/usr/lib/libcuda.so.1", "left", "the plan")}));
}

TEST(Adjustment, RefusesATextThatNriCannotCarry) {
  ContainerFacts facts;
  facts.env = {"LD_LIBRARY_PATH=/\xe9t\xe9"};
  EXPECT_THAT(make_adjustment(sample_plan(), facts),
              FailsWith(ErrorCode::kInvalidRequest, "LD_LIBRARY_PATH='/\\xe9t\\xe9"));
  facts.env = {"OTHER=/\xe9t\xe9"};
  EXPECT_THAT(make_adjustment(sample_plan(), facts), Succeeds()) << "it is not set anew";
  facts.env = {"LD_LIBRARY_PATH=/\xe9:/usr/local/nvidia/lib64"};
  EXPECT_THAT(make_adjustment(sample_plan(), facts), Succeeds()) << "nor is this";
  InjectionPlan plan = sample_plan();
  plan.mounts[0].source = HostPath("/\xff/libcuda.so.1");
  EXPECT_THAT(make_adjustment(plan, ContainerFacts{}),
              FailsWith(ErrorCode::kInvalidRequest, "mount source"));
}

TEST(Adjustment, OfNothingIsNothing) {
  EXPECT_EQ(made(InjectionPlan{}, ContainerFacts{}), Adjustment{});
}

}  // namespace
}  // namespace nvinject
