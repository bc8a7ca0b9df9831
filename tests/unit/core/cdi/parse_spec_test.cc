// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_spec.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;

std::string with_edits(const std::string& edits) {
  return R"({"cdiVersion": "1.1.0", "kind": "a/b", "devices": [{"name": "x", "containerEdits": )" +
         edits + "}]}";
}

Result<CdiSpec> parse(const std::string& text) {
  return parse_cdi_spec(text, "f.json", CdiFormat::kJson);
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

TEST(CdiFormat, IsThatOfTheSuffix) {
  EXPECT_EQ(cdi_format_of("nvidia.json"), CdiFormat::kJson);
  EXPECT_EQ(cdi_format_of("nvidia.yaml"), CdiFormat::kYaml);
}

}  // namespace
}  // namespace nvinject
