// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/spec_member.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::FailsWith;
using ::testing::ElementsAre;

TEST(SpecMember, IsNamedByItsPlace) {
  EXPECT_EQ(member("", "kind"), "kind");
  EXPECT_EQ(member(element("devices", 2), "name"), "devices[2].name");
}

TEST(SpecMember, IsTextEvenWhereYamlSeesANumber) {
  const Json object = {{"name", 7}, {"path", "a"}, {"zero", std::string("a\0b", 3)}};
  EXPECT_EQ(text_of(object, "name", ""), "7");
  EXPECT_EQ(text_of(object, "absent", ""), "");
  EXPECT_THAT(needed_text(object, "absent", "x"),
              FailsWith(ErrorCode::kInvalidRequest, "'x.absent'"));
  EXPECT_THAT(path_of(object, "path", "x"), FailsWith(ErrorCode::kInvalidRequest, "absolute path"));
  EXPECT_THAT(text_of(object, "zero", ""), FailsWith(ErrorCode::kInvalidRequest, "zero byte"));
}

TEST(SpecMember, IsKnownAndInRange) {
  const Json object = {{"a", 1}, {"b", -1}};
  EXPECT_TRUE(check_members(object, {"a", "b"}, "x"));
  EXPECT_THAT(check_members(object, {"a"}, "x"), FailsWith(ErrorCode::kInvalidRequest, "'x.b'"));
  EXPECT_EQ(number_of<std::uint32_t>(object, "a", "x").value(), 1U);
  EXPECT_EQ(number_of<std::uint32_t>(object, "c", "x").value(), std::nullopt);
  EXPECT_THAT(number_of<std::uint32_t>(object, "b", "x"),
              FailsWith(ErrorCode::kInvalidRequest, "-1 is out of range"));
}

TEST(SpecMember, MayBeAListOfObjects) {
  const Json object = {{"list", Json::array({Json{{"name", "a"}}, Json{{"name", ""}}})}};
  const auto parsed = parse_list<std::string>(
      object, "list", "x", [](const Json& one, std::string_view where) -> Result<std::string> {
        return needed_text(one, "name", where);
      });
  EXPECT_THAT(parsed, FailsWith(ErrorCode::kInvalidRequest, "'x.list[1].name'"));
  const auto places = parse_list<std::string>(
      object, "list", "x", [](const Json& /*one*/, std::string_view where) -> Result<std::string> {
        return std::string(where);
      });
  ASSERT_TRUE(places);
  EXPECT_THAT(*places, ElementsAre("x.list[0]", "x.list[1]"));
}

}  // namespace
}  // namespace nvinject
