// SPDX-License-Identifier: Apache-2.0
#include "core/render/oci_spec.h"

#include <gmock/gmock.h>

#include "core/request/facts_from_oci.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::read_fixture;
using testing::sample_plan;
using testing::Succeeds;

Json parsed(std::string_view text) {
  auto json = parse_json(text, "test");
  EXPECT_THAT(json, Succeeds());
  return json ? *std::move(json) : Json();
}

// The whole way of a front door: facts of the spec, then its edit.
Result<Json> edit(const Json& spec, const InjectionPlan& plan) {
  NVINJECT_ASSIGN_OR_RETURN(const ContainerFacts facts, facts_from_oci(spec));
  return edit_oci_spec(spec, facts, plan);
}

Json edited(std::string_view text, const InjectionPlan& plan = sample_plan()) {
  auto json = edit(parsed(text), plan);
  EXPECT_THAT(json, Succeeds());
  return json ? *std::move(json) : Json();
}

TEST(OciSpec, GetsEverythingOfThePlan) {
  const Json spec = edited("{}");
  EXPECT_EQ(spec, parsed(R"({
    "linux": {
      "devices": [
        {"path": "/dev/nvidiactl", "type": "c", "major": 195, "minor": 255,
         "fileMode": 438, "uid": 0, "gid": 0},
        {"path": "/dev/nvidia0", "type": "c", "major": 195, "minor": 0,
         "fileMode": 432, "uid": 0, "gid": 985}],
      "resources": {"devices": [
        {"allow": true, "type": "c", "major": 195, "minor": 255, "access": "rw"},
        {"allow": true, "type": "c", "major": 195, "minor": 0, "access": "rw"}]}},
    "mounts": [
      {"destination": "/usr/lib/libcuda.so.1", "type": "bind",
       "source": "/usr/lib64/libcuda.so.550.163.01", "options": ["ro", "bind"]},
      {"destination": "/run/nvidia-persistenced/socket", "type": "bind",
       "source": "/run/nvidia-persistenced/socket", "options": ["bind"]}],
    "process": {
      "env": ["LD_LIBRARY_PATH=/usr/local/nvidia/lib64"],
      "user": {"additionalGids": [985]}}})"));
}

// Removes what the sample plan adds; what is left must be the spec as it was.
void remove_additions(Json& spec) {
  spec["linux"].erase("devices");
  Json& rules = spec["linux"]["resources"]["devices"];
  rules.erase(rules.size() - 1);
  rules.erase(rules.size() - 1);
  Json& mounts = spec["mounts"];
  mounts.erase(mounts.size() - 1);
  mounts.erase(mounts.size() - 1);
  Json& groups = spec["process"]["user"]["additionalGids"];
  groups.erase(groups.size() - 1);
}

TEST(OciSpec, KeepsUnknownMembersTheirOrderAndBigIntegers) {
  const Json before = parsed(read_fixture("docker-spec.json"));
  auto after = edit(before, sample_plan());
  ASSERT_THAT(after, Succeeds());
  remove_additions(*after);
  Json& env = (*after)["process"]["env"];
  EXPECT_EQ(env[2], "LD_LIBRARY_PATH=/opt/lib:/usr/local/nvidia/lib:/usr/local/nvidia/lib64");
  env[2] = before["process"]["env"][2];
  // As text: there the order of keys and every digit count.
  EXPECT_EQ(print_json(*after), print_json(before));
}

TEST(OciSpec, IsNotChangedByASecondRun) {
  for (const std::string& text : {std::string("{}"), read_fixture("docker-spec.json")}) {
    const Json once = edited(text);
    const auto twice = edit(once, sample_plan());
    ASSERT_THAT(twice, Succeeds());
    EXPECT_EQ(print_json(*twice), print_json(once));
    // The same after it has been on disk, where it loses the types of our own values.
    EXPECT_EQ(print_json(edited(print_json(once))), print_json(once));
  }
}

TEST(OciSpec, IsNotChangedByAnEmptyPlan) {
  const std::string text = print_json(parsed(read_fixture("docker-spec.json")));
  EXPECT_EQ(print_json(edited(text, InjectionPlan{})), text);
}

TEST(OciSpec, KeepsADeviceThatIsThereAndAddsItsRule) {
  const Json spec = edited(R"({"linux": {"devices": [
      {"path": "/dev/nvidia0", "type": "c", "major": 195, "minor": 0, "x": 1}]}})");
  const Json& devices = spec["linux"]["devices"];
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices[0]["x"], 1) << "untouched";
  EXPECT_EQ(devices[1]["path"], "/dev/nvidiactl");
  EXPECT_EQ(spec["linux"]["resources"]["devices"].size(), 2U);
}

TEST(OciSpec, ReplacesEveryDeviceOfTheSamePathAndAnotherNumber) {
  const Json spec = edited(R"({"linux": {"devices": [
      {"path": "/dev/nvidia0", "type": "c", "major": 1, "minor": 3},
      {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229},
      {"path": "/dev/nvidia0", "type": "c", "major": 1, "minor": 5}]}})");
  std::vector<std::string> paths;
  for (const Json& device : spec["linux"]["devices"]) paths.push_back(device["path"]);
  EXPECT_THAT(paths, ElementsAre("/dev/fuse", "/dev/nvidiactl", "/dev/nvidia0"));
}

TEST(OciSpec, AllowsBehindEveryRuleThatForbids) {
  // The last matching rule counts: the same rule in front of a later "deny all" is worth nothing.
  const Json spec = edited(R"({"linux": {"resources": {"devices": [
      {"allow": true, "type": "c", "major": 195, "minor": 0, "access": "rw"},
      {"allow": false, "access": "rwm"},
      {"allow": true, "type": "c", "major": 195, "minor": 255, "access": "rw"}]}}})");
  const Json& rules = spec["linux"]["resources"]["devices"];
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[3], parsed(R"({"allow": true, "type": "c", "major": 195, "minor": 0,
                                 "access": "rw"})"));
}

TEST(OciSpec, KeepsAMountThatIsThere) {
  const Json spec = edited(
      R"({"mounts": [{"destination": "/usr/lib/libcuda.so.1", "source": "/theirs", "type": "bind"}]})");
  ASSERT_EQ(spec["mounts"].size(), 2U);
  EXPECT_EQ(spec["mounts"][0]["source"], "/theirs");
}

TEST(OciSpec, ReplacesTheLastOfEqualVariablesInItsPlace) {
  const Json spec =
      edited(R"({"process": {"env": ["LD_LIBRARY_PATH=/a", "LD_LIBRARY_PATH=/b:", "PATH=/bin"]}})");
  EXPECT_EQ(spec["process"]["env"],
            parsed(R"(["LD_LIBRARY_PATH=/a", "LD_LIBRARY_PATH=/b:/usr/local/nvidia/lib64",
                       "PATH=/bin"])"));
}

TEST(OciSpec, NamesAGroupOnce) {
  const Json spec = edited(R"({"process": {"user": {"additionalGids": [985, 44]}}})");
  EXPECT_EQ(spec["process"]["user"]["additionalGids"], parsed("[985, 44]"));
}

TEST(OciSpec, LosesTheClassicHook) {
  const Json spec = edited(R"({"hooks": {
      "prestart": [
        {"path": "/usr/bin/nvidia-container-runtime-hook", "args": ["x", "prestart"]},
        {"path": "/usr/bin/other"},
        {"path": "/opt/nvidia-container-toolkit"},
        {"path": "nvidia-container-runtime-hook"},
        {"path": 7},
        {}],
      "createRuntime": [{"path": "/usr/bin/nvidia-container-runtime-hook"}]}})",
                           InjectionPlan{});
  EXPECT_EQ(spec, parsed(R"({"hooks": {
      "prestart": [{"path": "/usr/bin/other"}, {"path": 7}, {}],
      "createRuntime": [{"path": "/usr/bin/nvidia-container-runtime-hook"}]}})"))
      << "it only ever is a prestart hook";
}

TEST(OciSpec, TakesNullForAbsent) {
  const Json spec = edited(
      R"({"linux": {"devices": null, "resources": null}, "mounts": null, "process": {"env": null},
          "hooks": null})");
  EXPECT_EQ(spec["linux"]["devices"].size(), 2U);
  EXPECT_EQ(spec["mounts"].size(), 2U);
  EXPECT_EQ(spec["process"]["env"].size(), 1U);
}

TEST(OciSpec, RefusesATypeThatTheSpecificationDoesNotAllow) {
  struct Row {
    const char* spec;
    const char* where;
  };
  for (const Row& row : {
           Row{R"({"linux": 1})", "linux"},
           Row{R"({"linux": {"devices": {}}})", "linux.devices"},
           Row{R"({"linux": {"resources": []}})", "linux.resources"},
           Row{R"({"linux": {"resources": {"devices": "x"}}})", "linux.resources.devices"},
           Row{R"({"mounts": {}})", "mounts"},
           Row{R"({"process": []})", "process"},
           Row{R"({"process": {"env": {}}})", "process.env"},
           Row{R"({"process": {"user": 0}})", "process.user"},
           Row{R"({"process": {"user": {"additionalGids": 1}}})", "process.user.additionalGids"},
       }) {
    EXPECT_THAT(edit_oci_spec(parsed(row.spec), ContainerFacts{}, sample_plan()),
                FailsWith(ErrorCode::kInvalidRequest, "'" + std::string(row.where) + "'"))
        << row.spec;
  }
}

}  // namespace
}  // namespace nvinject
