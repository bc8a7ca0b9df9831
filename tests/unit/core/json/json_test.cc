// SPDX-License-Identifier: Apache-2.0
#include "core/json/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nvinject {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated.append(text);
  return repeated;
}

Json parsed(std::string_view text) {
  Result<Json> value = parse_json(text, "test");
  EXPECT_TRUE(value.has_value()) << text << ": " << value.error().message;
  return value.value_or(Json());
}

TEST(ParseJson, RoundTripsWhatMustSurviveExactly) {
  struct Row {
    std::string_view name;
    std::string_view text;
  };
  const std::vector<Row> rows = {
      {"key order", R"({"z":1,"a":2,"m":{"y":0,"b":0}})"},
      {"the largest unsigned integer", "[18446744073709551615]"},
      {"the smallest integer", "[-9223372036854775808]"},
      {"integers beyond what a double holds", "[9007199254740993,-9007199254740993]"},
      {"empty containers", R"({"a":[],"b":{},"c":""})"},
      {"null members", R"({"a":null})"},
      {"control characters in strings", R"(["\u0000\u001f\n"])"},
      {"other scripts", "[\"δοκιμή 🚀\"]"},
  };
  for (const Row& row : rows) EXPECT_EQ(print_json(parsed(row.text)), row.text) << row.name;
}

TEST(ParseJson, RefusesMalformedTextAndNamesIt) {
  struct Row {
    std::string_view name;
    std::string text;
    std::string_view problem;
  };
  const std::vector<Row> rows = {
      {"nothing", "", "at byte"},
      {"a truncated object", R"({"a": [1, 2)", "at byte"},
      {"a truncated string", R"({"a": "b)", "at byte"},
      {"two values", "{} {}", "at byte"},
      {"a trailing comma", "[1,]", "at byte 4"},
      {"a comment", "{} // no", "at byte"},
      {"an unquoted key", "{a: 1}", "at byte 2"},
      {"a raw control character", "[\"\n\"]", "at byte"},
      {"not a number", "[NaN]", "at byte"},
      {"a number beyond floating point", "[1e400]", "at byte"},
      {"an overlong UTF-8 sequence", "[\"\xc0\xaf\"]", "at byte"},
      {"a UTF-8 surrogate", "[\"\xed\xa0\x80\"]", "at byte"},
      {"a truncated UTF-8 sequence", "[\"\xe2\x82\"]", "at byte"},
      {"half of an escaped surrogate pair", R"(["\ud800"])", "at byte"},
      {"duplicate keys", R"({"a":1,"b":{"c":1,"c":2}})", "duplicate key 'c'"},
      {"duplicate keys with different spelling", R"({"ab":1,"\u0061b":2})", "duplicate key 'ab'"},
      {"an integer that would be rounded", "[18446744073709551616]", "'18446744073709551616'"},
      {"a negative integer that would be rounded", "[-9223372036854775809]", "64 bits"},
  };
  for (const Row& row : rows) {
    const Result<Json> value = parse_json(row.text, "config.json");
    ASSERT_FALSE(value.has_value()) << row.name;
    EXPECT_EQ(value.error().code, ErrorCode::kInvalidRequest) << row.name;
    EXPECT_THAT(value.error().message,
                AllOf(HasSubstr("parse JSON of 'config.json': "), HasSubstr(row.problem)))
        << row.name;
  }
}

TEST(ParseJson, TakesTheSameKeyInDifferentObjects) {
  EXPECT_EQ(print_json(parsed(R"([{"a":1},{"a":{"a":2}}])")), R"([{"a":1},{"a":{"a":2}}])");
}

TEST(ParseJson, LimitsNesting) {
  const auto nested = [](std::size_t depth) { return repeat("[", depth) + repeat("]", depth); };
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth), "test").has_value());
  const Result<Json> deeper = parse_json(nested(kMaxJsonDepth + 1), "test");
  ASSERT_FALSE(deeper.has_value());
  EXPECT_THAT(deeper.error().message, HasSubstr("deeper than 128"));
  EXPECT_FALSE(parse_json(repeat("[", 1 << 20), "test").has_value());
  EXPECT_FALSE(parse_json(repeat(R"({"a":)", 1 << 20), "test").has_value());
}

TEST(ParseJson, TakesTenMegabytes) {
  std::string text = R"({"list":[)";
  while (text.size() < 10 << 20) text.append(R"({"name":"value","number":1},)");
  text.back() = ']';
  text.push_back('}');
  EXPECT_EQ(print_json(parsed(text)), text);
}

TEST(PrintJson, ReplacesInvalidUtf8ThatDidNotComeThroughTheParser) {
  EXPECT_EQ(print_json(Json("a\xff")), "\"a\ufffd\"");
}

TEST(PrintJson, IndentsWhenAsked) {
  EXPECT_EQ(print_json(parsed(R"({"a":[1]})"), 2), "{\n  \"a\": [\n    1\n  ]\n}");
  EXPECT_EQ(print_json(parsed(R"({"a":1})"), 1, '\t'), "{\n\t\"a\": 1\n}");
}

TEST(Lookups, TakeAbsentAndNullAsTheSame) {
  const Json object = parsed(R"({"null":null})");
  for (const std::string_view key : {"null", "absent"}) {
    EXPECT_EQ(find_member(object, key), nullptr);
    EXPECT_EQ(find_object(object, key, ""), nullptr);
    EXPECT_EQ(find_array(object, key, ""), nullptr);
    EXPECT_EQ(find_string(object, key, ""), std::nullopt);
    EXPECT_EQ(find_bool(object, key, ""), std::nullopt);
    EXPECT_EQ(find_integer(object, key, ""), std::nullopt);
    EXPECT_THAT(find_strings(object, key, "").value(), IsEmpty());
    EXPECT_THAT(find_objects(object, key, "").value(), IsEmpty());
    EXPECT_THAT(find_string_map(object, key, "").value(), IsEmpty());
  }
  EXPECT_EQ(find_member(parsed("[1]"), "a"), nullptr);
}

TEST(Lookups, FindMembersOfTheirType) {
  const Json object = parsed(
      R"({"o":{"x":"1","w":"2"},"a":[1],"s":"t","b":true,"i":-5,"l":["u","v"],"m":[{"n":1}]})");
  EXPECT_EQ(**find_object(object, "o", ""), object["o"]);
  EXPECT_EQ(**find_array(object, "a", ""), object["a"]);
  EXPECT_EQ(find_string(object, "s", ""), "t");
  EXPECT_EQ(find_bool(object, "b", ""), true);
  EXPECT_EQ(find_integer(object, "i", ""), -5);
  EXPECT_THAT(find_strings(object, "l", "").value(), ElementsAre("u", "v"));
  EXPECT_THAT(find_objects(object, "m", "").value(), ElementsAre(&object["m"][0]));
  EXPECT_THAT(find_string_map(object, "o", "").value(),
              ElementsAre(Pair("x", "1"), Pair("w", "2")));
}

TEST(Lookups, NameTheMemberAndBothTypesWhenTheTypeIsWrong) {
  const Json object = parsed(R"({"n":1,"s":"t","l":["u",{}],"o":{"x":1}})");
  const auto message = [](const auto& result) { return result.error().message; };
  EXPECT_EQ(message(find_object(object, "n", "a.b")), "read 'a.b.n': number instead of object");
  EXPECT_EQ(message(find_array(object, "s", "")), "read 's': string instead of array");
  EXPECT_EQ(message(find_string(object, "n", "")), "read 'n': number instead of string");
  EXPECT_EQ(message(find_bool(object, "n", "")), "read 'n': number instead of boolean");
  EXPECT_EQ(message(find_integer(object, "s", "")), "read 's': string instead of integer");
  EXPECT_EQ(message(find_strings(object, "l", "p")), "read 'p.l[1]': object instead of string");
  EXPECT_EQ(message(find_objects(object, "l", "p")), "read 'p.l[0]': string instead of object");
  EXPECT_EQ(message(find_string_map(object, "o", "")), "read 'o.x': number instead of string");
}

TEST(FindInteger, TakesNeitherFractionsNorWhatDoesNotFit) {
  const Json object = parsed(R"({"f":1.5,"u":9223372036854775808,"m":9223372036854775807})");
  EXPECT_EQ(find_integer(object, "m", ""), INT64_MAX);
  EXPECT_EQ(find_integer(object, "f", "").error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(find_integer(object, "u", "").error().message, HasSubstr("'u'"));
}

TEST(ParseJson, DoesNotTakeAZeroByteForTheEnd) {
  const auto parsed = parse_json(std::string_view("{}\0{", 4), "spec");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(parsed.error().message, ::testing::HasSubstr("byte 2"));
}

TEST(ParseJsonLeniently, TakesWhatRuntimesInGoTake) {
  const auto leniently = [](std::string_view text) {
    return parse_json(text, "test", JsonRules::kLenient);
  };
  for (const char* const text : {R"({"a":1,"a":[2]})", R"({"a":18446744073709551616})"}) {
    EXPECT_FALSE(parse_json(text, "test")) << text;
    EXPECT_TRUE(leniently(text)) << text;
  }
  EXPECT_EQ(leniently(R"({"a":1,"b":2,"a":[3]})")->dump(), R"({"a":[3],"b":2})")
      << "of equal keys the last counts";
  EXPECT_TRUE(leniently(repeat("[", 9000) + repeat("]", 9000)));
  EXPECT_FALSE(leniently(repeat("[", 10001) + repeat("]", 10001)));
}

TEST(ParseJsonLeniently, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("{"), std::string_view("{\"a\":1,}"),
        std::string_view("[1] []"), std::string_view("\"\xff\""), std::string_view("[]\0", 3)}) {
    EXPECT_FALSE(parse_json(text, "test", JsonRules::kLenient)) << text;
  }
}

}  // namespace
}  // namespace nvinject
