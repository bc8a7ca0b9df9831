// SPDX-License-Identifier: Apache-2.0
#include "core/request/request_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

TEST(RequestInputs, HaveMountsOnlyWhenTheRulesAcceptThem) {
  const ContainerFacts facts{.mounts = {{"/dev/null", "/var/run/nvidia-container-devices/0"}}};
  const AcceptRules off;
  const AcceptRules on{.volume_mounts = true};
  EXPECT_EQ(make_request_inputs(facts, off).mounts, VolumeMountRequests());
  EXPECT_THAT(make_request_inputs(facts, on).mounts.devices, ::testing::ElementsAre("0"));
}

TEST(RequestInputs, AcceptTheEnvironmentOfPrivilegedContainersAlways) {
  const AcceptRules strict{.env_when_unprivileged = false};
  const AcceptRules open;
  const ContainerFacts plain;
  const ContainerFacts privileged{.privileged = true};
  EXPECT_FALSE(make_request_inputs(plain, strict).accepts_environment());
  EXPECT_TRUE(make_request_inputs(privileged, strict).accepts_environment());
  EXPECT_TRUE(make_request_inputs(plain, open).accepts_environment());
}

}  // namespace
}  // namespace nvinject
