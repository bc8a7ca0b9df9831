// SPDX-License-Identifier: Apache-2.0
#include "core/config/toml_value.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;

// The value of "x = …".
class TomlValue : public ::testing::Test {
 protected:
  const toml::node& value(std::string_view text) {
    parsed_ = toml::parse("x = " + std::string(text));
    return *parsed_.table().get("x");
  }

 private:
  toml::parse_result parsed_;
};

TEST_F(TomlValue, IsOfTheTypeThatIsWantedAndNoOther) {
  EXPECT_EQ(as_bool(value("true")), true);
  EXPECT_THAT(as_bool(value("1")), FailsWith(ErrorCode::kInvalidRequest, "an integer instead"));
  EXPECT_EQ(as_string(value("\"text\"")), "text");
  EXPECT_THAT(as_string(value("true")), FailsWith(ErrorCode::kInvalidRequest, "a boolean instead"));
  EXPECT_THAT(as_string(value("1.5")), FailsWith(ErrorCode::kInvalidRequest, "another type"));
  EXPECT_THAT(as_strings(value("[\"a\", \"b\"]")).value(), ElementsAre("a", "b"));
  EXPECT_THAT(as_strings(value("{ y = 1 }")), FailsWith(ErrorCode::kInvalidRequest, "a table"));
  EXPECT_THAT(as_strings(value("[\"a\", [\"b\"]]")),
              FailsWith(ErrorCode::kInvalidRequest, "an array instead of a string"));
}

TEST_F(TomlValue, IsOneOfTheWordsThatAreKnown) {
  constexpr std::pair<std::string_view, int> kWords[] = {{"one", 1}, {"two", 2}};
  EXPECT_EQ(as_word<int>(value("\"two\""), kWords), 2);
  EXPECT_THAT(as_word<int>(value("\"three\""), kWords),
              FailsWith(ErrorCode::kInvalidRequest, "'three' (known: one, two)"));
  EXPECT_THAT(as_word<int>(value("2"), kWords),
              FailsWith(ErrorCode::kInvalidRequest, "an integer instead of a string"));
}

}  // namespace
}  // namespace nvinject
