// SPDX-License-Identifier: Apache-2.0
#include "core/render/user_namespace.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::sample_plan;
using testing::Succeeds;

TEST(CheckUserNamespace, WantsTheHostsNodesForAUserNamespaceOfItsOwn) {
  InjectionPlan plan = sample_plan();
  ContainerFacts facts{.user_namespace = true};
  EXPECT_THAT(check_user_namespace(plan, facts), Succeeds());
  plan.devices[1].node.on_host = false;
  EXPECT_THAT(check_user_namespace(plan, facts),
              FailsWith(ErrorCode::kUnavailable, "'/dev/nvidia0'"));
  EXPECT_THAT(check_user_namespace(plan, facts),
              FailsWith(ErrorCode::kUnavailable, "nvinject prepare"));
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  EXPECT_THAT(check_user_namespace(plan, facts), Succeeds()) << "it is not ours to give";
}

TEST(CheckUserNamespace, WantsNothingForOthers) {
  InjectionPlan plan = sample_plan();
  plan.devices[1].node.on_host = false;
  EXPECT_THAT(check_user_namespace(plan, ContainerFacts{}), Succeeds());
}

}  // namespace
}  // namespace nvinject
