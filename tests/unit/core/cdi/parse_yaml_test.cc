// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_yaml.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;

std::string as_json(const std::string& text) {
  const auto parsed = parse_yaml(text, "file.yaml");
  return parsed ? print_json(*parsed) : parsed.error().message;
}

TEST(ParseYaml, TakesWhatJsonCanSay) {
  EXPECT_EQ(as_json("a: [1, -2, two]\nb:\n  c: {d: true, e: ~}\n"),
            R"({"a":[1,-2,"two"],"b":{"c":{"d":true,"e":null}}})");
  EXPECT_EQ(as_json(R"({"a": ["b", {"c": 1}]})"), R"({"a":["b",{"c":1}]})");
  EXPECT_EQ(as_json("---\n- x\n...\n"), R"(["x"])");
}

TEST(ParseYaml, TellsNumbersFromStrings) {
  EXPECT_EQ(as_json(R"(["0", 0, 0666, 0o17, 0x1f, 1.5, 09, 1_0, +1])"),
            R"(["0",0,438,15,31,"1.5","09","1_0","+1"])");
  EXPECT_EQ(as_json("99999999999999999999"), R"("99999999999999999999")");
  EXPECT_EQ(as_json("{1: a, true: b}"), R"({"1":"a","true":"b"})");
}

TEST(ParseYaml, RefusesAliases) {
  const std::string bomb =
      "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, "
      "*b]\n";
  EXPECT_THAT(parse_yaml(bomb, "f"), FailsWith(ErrorCode::kInvalidRequest, "alias"));
  EXPECT_THAT(parse_yaml("a: &x {b: 1}\nc: {<<: *x}\n", "f"),
              FailsWith(ErrorCode::kInvalidRequest, "alias"));
}

TEST(ParseYaml, RefusesWhatReadersDifferIn) {
  const auto refuses = [](const std::string& text, const std::string& why) {
    EXPECT_THAT(parse_yaml(text, "f"), FailsWith(ErrorCode::kInvalidRequest, why)) << text;
  };
  refuses("a: 1\na: 2\n", "duplicate key 'a'");
  refuses("a: 1\n---\nb: 2\n", "more than one document");
  refuses("? [a]\n: b\n", "a key that is a list or a map");
  refuses("a: !!python/object:os.system x\n", "tag");
  refuses("a: !mine {b: 1}\n", "tag");
  refuses(std::string("a: b\0c: d", 9), "a zero byte");
  refuses("", "empty");
  refuses("a: [1, 2", "line ");
}

TEST(ParseYaml, RefusesDepthAndSize) {
  EXPECT_THAT(parse_yaml(std::string(100, '['), "f"), FailsWith(ErrorCode::kInvalidRequest, "f"));
  EXPECT_THAT(parse_yaml(std::string(40, '[') + std::string(40, ']'), "f"),
              FailsWith(ErrorCode::kInvalidRequest, "deeper than 32"));
  EXPECT_THAT(parse_yaml(std::string(100000, '['), "f"),
              FailsWith(ErrorCode::kInvalidRequest, "f"));
  std::string many = "[";
  for (std::size_t i = 0; i < kMaxYamlNodes; ++i) many += "1,";
  EXPECT_THAT(parse_yaml(many + "]", "f"),
              FailsWith(ErrorCode::kInvalidRequest, "more than 200000"));
}

}  // namespace
}  // namespace nvinject
