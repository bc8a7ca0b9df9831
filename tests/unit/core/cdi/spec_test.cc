// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>

#include "core/cdi/parse_spec.h"
#include "core/cdi/print_spec.h"
#include "core/cdi/version.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;

CdiSpec full_spec() {
  CdiSpec spec;
  spec.version = "0.7.0";
  spec.kind = "vendor.com/thing";
  spec.annotations = {{"for", "tests"}};
  CdiDevice device;
  device.name = "0";
  device.annotations = {{"a", "b"}};
  device.edits.env = {"A=1", "B=x=y"};
  device.edits.device_nodes = {{.path = "/dev/a",
                                .host_path = "/dev/b",
                                .type = "c",
                                .major = 1,
                                .minor = 0,
                                .file_mode = 0660,
                                .permissions = "rw",
                                .uid = 0,
                                .gid = 5}};
  device.edits.mounts = {
      {.host_path = "/h", .container_path = "/c", .options = {"ro", "bind"}, .type = "bind"}};
  device.edits.hooks = {{.hook_name = "createContainer",
                         .path = "/usr/bin/h",
                         .args = {"h", "x"},
                         .env = {"P=/"},
                         .timeout = 5}};
  device.edits.additional_gids = {5, 6};
  spec.devices = {device};
  spec.edits.env = {"C=1"};
  return spec;
}

std::string with_edits(const std::string& edits) {
  return R"({"cdiVersion": "1.1.0", "kind": "a/b", "devices": [{"name": "x", "containerEdits": )" +
         edits + "}]}";
}

Result<CdiSpec> parse(const std::string& text) {
  return parse_cdi_spec(text, "f.json", CdiFormat::kJson);
}

TEST(CdiSpec, ComesBackAsItWasPrinted) {
  for (const CdiFormat format : {CdiFormat::kYaml, CdiFormat::kJson}) {
    const std::string text = print_cdi_spec(full_spec(), format);
    const auto parsed = parse_cdi_spec(text, "f", format);
    ASSERT_TRUE(parsed) << parsed.error().message << text;
    EXPECT_EQ(*parsed, full_spec()) << text;
  }
}

TEST(ParseCdiSpec, ReadsYamlOfAnotherTool) {
  const auto spec = parse_cdi_spec(R"(---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
- name: 0
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
      fileMode: 438
      permissions: rw
containerEdits:
  env: [NVIDIA_VISIBLE_DEVICES=void]
)",
                                   "nvidia.yaml", CdiFormat::kYaml);
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->devices.front().name, "0");
  EXPECT_EQ(spec->devices.front().edits.device_nodes.front().file_mode, 0666U);
}

TEST(ParseCdiSpec, NamesWhatItRefuses) {
  const auto refuses = [](const std::string& text, const std::string& member) {
    EXPECT_THAT(parse(text), FailsWith(ErrorCode::kInvalidRequest, member)) << text;
  };
  const std::string place = "devices[0].containerEdits.";
  refuses("[]", "the document");
  refuses(R"({"cdiVersion": "0.5.0"})", "kind");
  refuses(R"({"cdiVersion": "0.5.0", "kind": "gpu", "devices": []})", "vendor/class");
  refuses(R"({"cdiVersion": "0.5.0", "kind": "a/b", "devices": []})", "there is none");
  refuses(R"({"cdiVersion": "0.5.0", "kind": "a/b", "device": []})", "'device'");
  refuses(with_edits("{}"), "changes nothing");
  refuses(with_edits(R"({"env": ["A"]})"), place + "env[0]");
  refuses(with_edits(R"({"env": ["=A"]})"), place + "env[0]");
  refuses(with_edits(R"({"env": ["A=\u0000"]})"), place + "env[0]");
  refuses(with_edits(R"({"devices": []})"), place + "devices");
  refuses(with_edits(R"({"deviceNodes": [{"path": ""}]})"), place + "deviceNodes[0].path");
  refuses(with_edits(R"({"deviceNodes": [{"path": "dev"}]})"), place + "deviceNodes[0].path");
  refuses(with_edits(R"({"deviceNodes": [{"path": "/d", "type": "x"}]})"), "deviceNodes[0].type");
  refuses(with_edits(R"({"deviceNodes": [{"path": "/d", "major": -1}]})"), "deviceNodes[0].major");
  refuses(with_edits(R"({"deviceNodes": [{"path": "/d", "permissions": "rx"}]})"), "permissions");
  refuses(with_edits(R"({"mounts": [{"hostPath": "/h", "containerPath": "c"}]})"), "containerPath");
  refuses(with_edits(R"({"hooks": [{"hookName": "never", "path": "/h"}]})"), "hookName");
  refuses(with_edits(R"({"hooks": [{"hookName": "prestart", "path": "h"}]})"), "hooks[0].path");
  refuses(with_edits(R"({"additionalGids": [1, "2"]})"), place + "additionalGids[1]");
  refuses(with_edits(R"({"additionalGids": [4294967296]})"), place + "additionalGids[0]");
}

TEST(ParseCdiSpec, RefusesNamesThatComeTwice) {
  const std::string one = R"({"name": "x", "containerEdits": {"env": ["A=b"]}})";
  EXPECT_THAT(
      parse(R"({"cdiVersion": "0.5.0", "kind": "a/b", "devices": [)" + one + "," + one + "]}"),
      FailsWith(ErrorCode::kInvalidRequest, "'x' comes twice"));
}

TEST(ParseCdiSpec, KnowsVersions) {
  const auto with_version = [](const std::string& version) {
    return parse(
        R"({"cdiVersion": ")" + version +
        R"(", "kind": "a/b", "devices": [{"name": "0", "containerEdits": {"env": ["A=b"]}}]})");
  };
  EXPECT_TRUE(with_version("0.5.0"));
  EXPECT_TRUE(with_version("1.1.0"));
  EXPECT_THAT(with_version("0.3.0"), FailsWith(ErrorCode::kInvalidRequest, "at least 0.5.0"));
  EXPECT_THAT(with_version("2.0.0"), FailsWith(ErrorCode::kUnsupported, "'2.0.0'"));
  EXPECT_THAT(with_version("v0.5.0"), FailsWith(ErrorCode::kUnsupported, "'v0.5.0'"));
}

TEST(ParseCdiSpec, RemembersWhatNobodyHereCanApply) {
  const auto spec =
      parse(with_edits(R"({"netDevices": [{"hostInterfaceName": "a", "name": "b"}]})"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_THAT(spec->devices.front().edits.not_offered, ::testing::ElementsAre("netDevices"));
}

TEST(MinimumCdiVersion, IsThatOfTheMembersUsed) {
  CdiSpec spec;
  spec.kind = "nvidia.com/gpu";
  spec.devices = {{.name = "all", .annotations = {}, .edits = {}}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.3.0");
  spec.edits.mounts = {{.host_path = "/a", .container_path = "/b", .options = {}, .type = "bind"}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.4.0");
  spec.devices.front().edits.device_nodes = {{.path = "/dev/a", .host_path = "/dev/b", .type = {}}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.5.0");
  spec.kind = "nvidia.com/gpu.x";
  EXPECT_EQ(minimum_cdi_version(spec), "0.6.0");
  spec.edits.additional_gids = {5};
  EXPECT_EQ(minimum_cdi_version(spec), "0.7.0");
  spec.edits.not_offered = {"netDevices"};
  EXPECT_EQ(minimum_cdi_version(spec), "1.1.0");
}

TEST(CdiFormat, IsThatOfTheSuffix) {
  EXPECT_EQ(cdi_format_of("nvidia.json"), CdiFormat::kJson);
  EXPECT_EQ(cdi_format_of("nvidia.yaml"), CdiFormat::kYaml);
}

}  // namespace
}  // namespace nvinject
