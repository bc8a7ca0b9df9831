// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_edits.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;
using ::testing::ElementsAre;

Result<CdiEdits> edits_of(const std::string& edits) {
  return parse_cdi_edits(*parse_json(R"({"containerEdits": )" + edits + "}", "file"), "devices[3]");
}

TEST(ParseCdiEdits, AreNoneWithoutTheMember) {
  EXPECT_EQ(parse_cdi_edits(Json::object(), ""), CdiEdits{});
  EXPECT_EQ(edits_of("{}"), CdiEdits{});
}

TEST(ParseCdiEdits, TakesResourceControl) {
  const auto edits = edits_of(R"({"intelRdt": {"closID": "gold", "l3CacheSchema": "L3:0=ff",
      "memBwSchema": "MB:0=70", "schemata": ["L2:0=f"], "enableMonitoring": true,
      "enableCMT": true, "enableMBM": true}})");
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_EQ(edits->intel_rdt, (CdiIntelRdt{.class_of_service = "gold",
                                           .l3_cache_schema = "L3:0=ff",
                                           .memory_bandwidth_schema = "MB:0=70",
                                           .schemata = {"L2:0=f"},
                                           .enable_monitoring = true,
                                           .enable_cmt = true,
                                           .enable_mbm = true}));
  EXPECT_TRUE(edits_of(R"({"intelRdt": {"closID": "/"}})")) << "the root class";
}

TEST(ParseCdiEdits, RefusesAClassOfServiceThatLeavesItsPlace) {
  for (const std::string id : {"..", ".", "a/b", "../cpuset", "a\\nb"}) {
    EXPECT_THAT(edits_of(R"({"intelRdt": {"closID": ")" + id + R"("}})"),
                FailsWith(ErrorCode::kInvalidRequest, "containerEdits.intelRdt.closID"))
        << id;
  }
  EXPECT_THAT(edits_of(R"({"intelRdt": {"closID": ")" + std::string(4096, 'a') + R"("}})"),
              FailsWith(ErrorCode::kInvalidRequest, "closID"));
  EXPECT_THAT(edits_of(R"({"intelRdt": {"closId": "a"}})"),
              FailsWith(ErrorCode::kInvalidRequest, "intelRdt.closId"));
  EXPECT_THAT(edits_of(R"({"intelRdt": {"enableCMT": "yes"}})"),
              FailsWith(ErrorCode::kInvalidRequest, "enableCMT"));
}

TEST(ParseCdiEdits, TakesInterfaces) {
  const auto edits = edits_of(R"({"netDevices": [{"hostInterfaceName": "eth7", "name": "net0"},
                                              {"hostInterfaceName": "eth8", "name": "net1"}]})");
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_THAT(edits->net_devices,
              ElementsAre(CdiNetDevice{"eth7", "net0"}, CdiNetDevice{"eth8", "net1"}));
}

TEST(ParseCdiEdits, RefusesInterfacesThatCannotAllMove) {
  EXPECT_THAT(edits_of(R"({"netDevices": [{"hostInterfaceName": "a", "name": "x"},
                                       {"hostInterfaceName": "a", "name": "y"}]})"),
              FailsWith(ErrorCode::kInvalidRequest, "'a' is moved to two names"));
  EXPECT_THAT(edits_of(R"({"netDevices": [{"hostInterfaceName": "a", "name": "x"},
                                       {"hostInterfaceName": "b", "name": "x"}]})"),
              FailsWith(ErrorCode::kInvalidRequest, "'x' is the name of two"));
  EXPECT_THAT(edits_of(R"({"netDevices": [{"hostInterfaceName": "a"}]})"),
              FailsWith(ErrorCode::kInvalidRequest, "netDevices[0].name"));
}

}  // namespace
}  // namespace nvinject
