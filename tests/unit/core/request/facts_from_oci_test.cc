// SPDX-License-Identifier: Apache-2.0
#include "core/request/facts_from_oci.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nvinject {
namespace {

using ::testing::HasSubstr;

Result<ContainerFacts> facts_of(std::string_view text) {
  NVINJECT_ASSIGN_OR_RETURN(const Json spec, parse_json(text, "config.json"));
  return facts_from_oci(spec);
}

TEST(FactsFromOci, ReadsWhatRequestsAreMadeOf) {
  const Result<ContainerFacts> facts = facts_of(R"({
    "ociVersion": "1.2.0",
    "process": {
      "env": ["PATH=/bin", "A=1", "A=2"],
      "capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_ADMIN"], "effective": 5}
    },
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/x"}],
    "annotations": {"b": "1", "a": "2"},
    "linux": {
      "devices": [{"type": "c", "path": "/dev/nvidia0", "major": 195, "minor": 0}, {"path": "/dev/x"}],
      "namespaces": [{"type": "pid"}, {"type": "user", "path": "/proc/1/ns/user"}]
    },
    "hooks": "not looked at"
  })");
  ContainerFacts expected;
  expected.env = {"PATH=/bin", "A=1", "A=2"};
  expected.mounts = {{"proc", "/proc"}, {"", "/x"}};
  expected.devices = {{"/dev/nvidia0", 195, 0}, {"/dev/x", 0, 0}};
  expected.annotations = {{"b", "1"}, {"a", "2"}};
  expected.privileged = true;
  expected.user_namespace = true;
  EXPECT_EQ(facts, expected);
}

TEST(FactsFromOci, TakesAbsentAndNullMembersAsNothing) {
  for (
      const std::string_view text :
      {"{}", R"({"process":{},"linux":{}})",
       R"({"ociVersion":null,"process":null,"mounts":null,"annotations":null,"linux":null})",
       R"({"process":{"env":null,"capabilities":null},"linux":{"devices":null,"namespaces":null}})",
       R"({"process":{"capabilities":{"bounding":null}},"linux":{"namespaces":[{}]}})"}) {
    EXPECT_EQ(facts_of(text), ContainerFacts()) << text;
  }
}

TEST(FactsFromOci, ReadsPrivilegeFromTheBoundingSet) {
  struct Row {
    std::string_view name;
    std::string_view spec;
    bool privileged;
  };
  const std::vector<Row> rows = {
      {"in the bounding set", R"({"process":{"capabilities":{"bounding":["CAP_SYS_ADMIN"]}}})",
       true},
      {"in another set", R"({"process":{"capabilities":{"effective":["CAP_SYS_ADMIN"]}}})", false},
      {"a longer name", R"({"process":{"capabilities":{"bounding":["CAP_SYS_ADMINS"]}}})", false},
      {"1.0.0-rc1", R"({"ociVersion":"1.0.0-rc1","process":{"capabilities":["CAP_SYS_ADMIN"]}})",
       true},
      {"1.0.0-rc2-dev",
       R"({"ociVersion":"1.0.0-rc2-dev","process":{"capabilities":["CAP_SYS_ADMIN"]}})", true},
      {"1.0.0-rc4", R"({"ociVersion":"1.0.0-rc4","process":{"capabilities":["CAP_CHOWN"]}})",
       false},
      {"1.0.0-rc5",
       R"({"ociVersion":"1.0.0-rc5","process":{"capabilities":{"bounding":["CAP_SYS_ADMIN"]}}})",
       true},
      {"1.0.0-rc10",
       R"({"ociVersion":"1.0.0-rc10","process":{"capabilities":{"bounding":["CAP_SYS_ADMIN"]}}})",
       true},
  };
  for (const Row& row : rows) {
    const Result<ContainerFacts> facts = facts_of(row.spec);
    ASSERT_TRUE(facts.has_value()) << row.name << ": " << facts.error().message;
    EXPECT_EQ(facts->privileged, row.privileged) << row.name;
  }
}

TEST(FactsFromOci, NamesTheMemberOfAWrongType) {
  struct Row {
    std::string_view member;
    std::string_view spec;
  };
  const std::vector<Row> rows = {
      {"OCI spec", "[]"},
      {"OCI spec", "null"},
      {"'ociVersion'", R"({"ociVersion":1,"process":{}})"},
      {"'process'", R"({"process":[]})"},
      {"'process.env'", R"({"process":{"env":{}}})"},
      {"'process.env[3]'", R"({"process":{"env":["A=1","B=2","C=3",4]}})"},
      {"'process.env[0]'", R"({"process":{"env":[null]}})"},
      {"'process.capabilities'", R"({"process":{"capabilities":["CAP_SYS_ADMIN"]}})"},
      {"'process.capabilities'", R"({"ociVersion":"1.0.0-rc3","process":{"capabilities":{}}})"},
      {"'process.capabilities[0]'", R"({"ociVersion":"1.0.0-rc3","process":{"capabilities":[1]}})"},
      {"'process.capabilities.bounding'", R"({"process":{"capabilities":{"bounding":"x"}}})"},
      {"'process.capabilities.bounding[1]'",
       R"({"process":{"capabilities":{"bounding":["a",1]}}})"},
      {"'mounts'", R"({"mounts":{}})"},
      {"'mounts[1]'", R"({"mounts":[{},"x"]})"},
      {"'mounts[0].source'", R"({"mounts":[{"source":1}]})"},
      {"'mounts[1].destination'", R"({"mounts":[{},{"destination":[]}]})"},
      {"'annotations'", R"({"annotations":[]})"},
      {"'annotations.a'", R"({"annotations":{"a":1}})"},
      {"'linux'", R"({"linux":1})"},
      {"'linux.devices'", R"({"linux":{"devices":{}}})"},
      {"'linux.devices[0]'", R"({"linux":{"devices":[1]}})"},
      {"'linux.devices[0].path'", R"({"linux":{"devices":[{"path":1}]}})"},
      {"'linux.devices[0].major'", R"({"linux":{"devices":[{"major":1.5}]}})"},
      {"'linux.devices[0].minor'", R"({"linux":{"devices":[{"minor":18446744073709551615}]}})"},
      {"'linux.namespaces'", R"({"linux":{"namespaces":"user"}})"},
      {"'linux.namespaces[1].type'", R"({"linux":{"namespaces":[{"type":"user"},{"type":1}]}})"},
  };
  for (const Row& row : rows) {
    const Result<ContainerFacts> facts = facts_of(row.spec);
    ASSERT_FALSE(facts.has_value()) << row.spec;
    EXPECT_EQ(facts.error().code, ErrorCode::kInvalidRequest) << row.spec;
    EXPECT_THAT(facts.error().message, HasSubstr(row.member)) << row.spec;
  }
}

TEST(FactsFromOci, DoesNotLookAtOtherMembers) {
  EXPECT_TRUE(facts_of(R"({"root":1,"hooks":2,"linux":{"resources":3},"process":{"user":4}})"));
}

}  // namespace
}  // namespace nvinject
