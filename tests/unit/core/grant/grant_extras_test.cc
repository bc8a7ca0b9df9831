// SPDX-License-Identifier: Apache-2.0
#include "core/grant/grant_extras.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using testing::request_all;
using testing::request_listed;
using testing::sample_inventory;
using testing::sample_mig_inventory;
using testing::Succeeds;

TEST(GrantExtras, GrantsMigManagement) {
  GpuRequest request = request_all();
  request.extras = {.mig_config = "all", .mig_monitor = "all"};
  const auto grant = decide_grant(request, {}, sample_mig_inventory());
  ASSERT_THAT(grant, Succeeds());
  EXPECT_TRUE(grant->mig_config);
  EXPECT_TRUE(grant->mig_monitor);
  EXPECT_THAT(grant->decisions, Contains(Decides("MIG configuration", "granted", "")));
  request.extras = {};
  EXPECT_FALSE(decide_grant(request, {}, sample_mig_inventory())->mig_config);
}

TEST(GrantExtras, RefusesMigManagementOfLessThanEverything) {
  GpuRequest request = request_all();
  request.extras.mig_monitor = "0";
  EXPECT_THAT(decide_grant(request, {}, sample_mig_inventory()),
              FailsWith(ErrorCode::kInvalidRequest, "mig-monitor error: only 'all' devices"));
  request = request_listed({{DeviceIdKind::kMigIndex, "1:2", 1, 2}});
  request.extras.mig_config = "all";
  EXPECT_THAT(decide_grant(request, {}, sample_mig_inventory()),
              FailsWith(ErrorCode::kInvalidRequest,
                        "mig-config error: cannot enable mig-config with specific MIG devices"));
  request = request_all();
  request.extras.mig_config = "all";
  EXPECT_THAT(decide_grant(request, {}, sample_inventory()),
              FailsWith(ErrorCode::kNotFound, "mig-config error: the driver shows no"));
}

TEST(GrantExtras, GrantsImexChannelsThatTheNodeHas) {
  Inventory inventory = sample_inventory();
  inventory.imex_channels = {.nodes = {{7, {.number = {509, 7}}}},
                             .offered = 9,
                             .made = DeviceNodeFacts{.number = {509, 0}, .on_host = false}};
  GpuRequest request = request_all();
  request.extras.imex_channels = {"7", "8"};
  const auto grant = decide_grant(request, {}, inventory);
  ASSERT_THAT(grant, Succeeds());
  EXPECT_THAT(grant->imex_channels, ElementsAre(7, 8));
  request.extras.imex_channels = {"9"};
  EXPECT_THAT(decide_grant(request, {}, inventory),
              FailsWith(ErrorCode::kNotFound,
                        "IMEX channel '9': this node has 1 nodes, and the driver offers 9"));
  EXPECT_THAT(decide_grant(request, {}, sample_inventory()),
              FailsWith(ErrorCode::kNotFound, "IMEX channel '9': this node has none"));
}

TEST(GrantExtras, OpensGates) {
  GpuRequest request = request_all();
  request.extras.gates = {"NVIDIA_GDS"};
  const auto grant = decide_grant(request, {}, sample_inventory());
  ASSERT_THAT(grant, Succeeds());
  EXPECT_THAT(grant->gates, ElementsAre("NVIDIA_GDS"));
}

}  // namespace
}  // namespace nvinject
