// SPDX-License-Identifier: Apache-2.0
#include "core/render/cdi_edits.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;

Json edited(const std::string& spec, const CdiEdits& edits) {
  auto result = edit_by_cdi(*parse_json(spec, "spec"), edits);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : Json();
}

CdiDeviceNode node_of(std::string path) {
  return {.path = std::move(path),
          .host_path = {},
          .type = "c",
          .major = 195,
          .minor = 0,
          .file_mode = 0666,
          .permissions = "rw"};
}

TEST(EditByCdi, ReplacesVariables) {
  CdiEdits edits;
  edits.env = {"A=1", "B=2"};
  const Json spec = edited(R"({"process": {"env": ["A=0", "AB=3", "A=4"]}})", edits);
  EXPECT_EQ(print_json(spec["process"]["env"]), R"(["AB=3","A=1","B=2"])");
}

TEST(EditByCdi, AddsNodesAndTheirRules) {
  CdiEdits edits;
  edits.device_nodes = {node_of("/dev/a")};
  const Json spec = edited(
      R"({"linux": {"devices": [{"path": "/dev/a", "type": "b"}, {"path": "/dev/b"}],
          "resources": {"devices": [{"allow": false, "access": "rwm"}]}}})",
      edits);
  EXPECT_EQ(
      print_json(spec["linux"]["devices"]),
      R"([{"path":"/dev/b"},{"path":"/dev/a","type":"c","major":195,"minor":0,"fileMode":438}])");
  EXPECT_EQ(print_json(spec["linux"]["resources"]["devices"]),
            R"([{"allow":false,"access":"rwm"},)"
            R"({"allow":true,"type":"c","major":195,"minor":0,"access":"rw"}])");
}

TEST(EditByCdi, GivesNodesToTheUserOfTheContainer) {
  CdiEdits edits;
  edits.device_nodes = {node_of("/dev/a"), node_of("/dev/b")};
  edits.device_nodes[1].uid = 0;
  edits.device_nodes[1].permissions = "";
  const Json spec = edited(R"({"process": {"user": {"uid": 1000, "gid": 0}}})", edits);
  EXPECT_EQ(spec["linux"]["devices"][0]["uid"], 1000);
  EXPECT_FALSE(spec["linux"]["devices"][0].contains("gid"));
  EXPECT_EQ(spec["linux"]["devices"][1]["uid"], 0);
  EXPECT_EQ(spec["linux"]["resources"]["devices"][1]["access"], "rwm");
}

TEST(EditByCdi, SortsMountsSoThatNoneHidesAnother) {
  CdiEdits edits;
  edits.mounts = {{.host_path = "/h/c", .container_path = "/a/b/c", .options = {"ro"}, .type = {}},
                  {.host_path = "/h/a", .container_path = "/a", .options = {"bind"}, .type = {}},
                  {.host_path = "tmpfs", .container_path = "/t", .options = {}, .type = "tmpfs"}};
  const Json spec = edited(
      R"({"mounts": [{"destination": "/a/b/", "source": "old"}, {"destination": "/t"}]})", edits);
  EXPECT_EQ(print_json(spec["mounts"]),
            R"([{"destination":"/a","type":"bind","source":"/h/a","options":["bind"]},)"
            R"({"destination":"/t","type":"tmpfs","source":"tmpfs","options":[]},)"
            R"({"destination":"/a/b/","source":"old"},)"
            R"({"destination":"/a/b/c","type":"bind","source":"/h/c","options":["ro","rbind"]}])");
}

TEST(EditByCdi, AddsHooksAndGroups) {
  CdiEdits edits;
  edits.hooks = {{.hook_name = "createContainer",
                  .path = "/h",
                  .args = {"h", "x"},
                  .env = {"P=/"},
                  .timeout = 3}};
  edits.additional_gids = {0, 44, 44};
  const Json spec = edited(
      R"({"process": {"user": {"additionalGids": [7]}},
          "hooks": {"prestart": [{"path": "/usr/bin/nvidia-container-runtime-hook"}]}})",
      edits);
  EXPECT_EQ(print_json(spec["hooks"]["createContainer"]),
            R"([{"path":"/h","args":["h","x"],"env":["P=/"],"timeout":3}])");
  EXPECT_TRUE(spec["hooks"]["prestart"].empty()) << "it would do the same once more";
  EXPECT_EQ(print_json(spec["process"]["user"]["additionalGids"]), "[7,44]");
}

TEST(EditByCdi, PutsAContainerIntoOneClassOfService) {
  CdiEdits edits;
  edits.intel_rdt = CdiIntelRdt{.class_of_service = "gold",
                                .l3_cache_schema = "L3:0=ff",
                                .schemata = {"L2:0=f"},
                                .enable_monitoring = true};
  const Json spec =
      edited(R"({"linux": {"intelRdt": {"closID": "a", "memBwSchema": "x"}}})", edits);
  EXPECT_EQ(print_json(spec["linux"]["intelRdt"]),
            R"({"closID":"gold","schemata":["L2:0=f"],"l3CacheSchema":"L3:0=ff",)"
            R"("enableMonitoring":true})");
}

TEST(EditByCdi, MovesInterfaces) {
  CdiEdits edits;
  edits.net_devices = {{"eth7", "net0"}, {"eth8", "net1"}};
  const Json spec = edited(
      R"({"linux": {"netDevices": {"eth7": {"name": "x", "other": 1}, "eth9": {}}}})", edits);
  EXPECT_EQ(print_json(spec["linux"]["netDevices"]),
            R"({"eth7":{"name":"net0"},"eth9":{},"eth8":{"name":"net1"}})");
  EXPECT_THAT(edit_by_cdi(*parse_json(R"({"linux": {"netDevices": []}})", "spec"), edits),
              FailsWith(ErrorCode::kInvalidRequest, "linux.netDevices"));
}

TEST(EditByCdi, DoneTwiceIsDoneOnce) {
  CdiEdits edits;
  edits.net_devices = {{"eth7", "net0"}};
  edits.intel_rdt = CdiIntelRdt{.class_of_service = "gold", .schemata = {}};
  edits.env = {"A=1"};
  edits.device_nodes = {node_of("/dev/a"), node_of("/dev/b")};
  edits.device_nodes[1].minor = 1;
  edits.mounts = {{.host_path = "/h", .container_path = "/c", .options = {}, .type = {}}};
  edits.hooks = {{.hook_name = "createContainer", .path = "/h", .args = {}, .env = {}}};
  edits.additional_gids = {44};
  const Json once = edited("{}", edits);
  EXPECT_EQ(edited(print_json(once), edits), once);
}

TEST(EditByCdi, RefusesATypeThatTheSpecificationDoesNotAllow) {
  CdiEdits edits;
  edits.env = {"A=1"};
  EXPECT_THAT(edit_by_cdi(*parse_json(R"({"process": {"env": {}}})", "spec"), edits),
              FailsWith(ErrorCode::kInvalidRequest, "process.env"));
}

}  // namespace
}  // namespace nvinject
