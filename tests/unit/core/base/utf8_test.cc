// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <gmock/gmock.h>

#include "core/base/text.h"

namespace nvinject {
namespace {

TEST(Utf8, TheFirstAndTheLastCharacterOfEachLengthAreText) {
  for (const std::string_view text :
       {std::string_view("\0", 1), std::string_view("\x7f"), std::string_view("\xc2\x80"),
        std::string_view("\xdf\xbf"), std::string_view("\xe0\xa0\x80"),
        std::string_view("\xed\x9f\xbf"), std::string_view("\xee\x80\x80"),
        std::string_view("\xef\xbf\xbf"), std::string_view("\xf0\x90\x80\x80"),
        std::string_view("\xf4\x8f\xbf\xbf")}) {
    EXPECT_EQ(utf8_character_bytes(text), text.size());
    EXPECT_TRUE(is_utf8(text));
    for (std::size_t size = 1; size < text.size(); ++size) {
      EXPECT_EQ(utf8_character_bytes(text.substr(0, size)), 0);
    }
  }
}

TEST(Utf8, OverlongFormsSurrogatesAndWhatIsBeyondAreNot) {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2\x7f", "\xc2\xc0",
        "\xe1\x80\x7f", "\xf1\x80\x80\xc0"}) {
    EXPECT_EQ(utf8_character_bytes(text), 0);
    EXPECT_FALSE(is_utf8(text));
  }
  EXPECT_EQ(utf8_character_bytes(""), 0);
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, WrongBytesAreReplacedOneByOne) {
  EXPECT_EQ(to_utf8("a\xff"
                    "b",
                    100),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(to_utf8("\xe2\x82", 100), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(to_utf8("Grüße, 世界 🌍", 100), "Grüße, 世界 🌍");
}

TEST(Utf8, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(to_utf8("abcdef", 6), "abcdef");
  EXPECT_EQ(to_utf8("abcdefg", 6), "abc…");
  EXPECT_EQ(to_utf8("aüüüü", 7), "aü…");
  EXPECT_EQ(to_utf8("abc", 2), "");
  for (std::size_t max = 0; max < 40; ++max) {
    const std::string cut = to_utf8("Grüße, 世界 \xff\xfe 🌍", max);
    EXPECT_LE(cut.size(), max);
    EXPECT_TRUE(is_utf8(cut));
  }
}

TEST(IsUtf8, FollowsTheTableOfTheStandard) {
  for (const char* const text :
       {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
    EXPECT_TRUE(is_utf8(text)) << quote(text);
  }
  for (const char* const text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xe1\x80", "\xe1\x80\x7f", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf1\x80\x80", "\xf5\x80\x80\x80", "\xff", "/lib:\xe9t\xe9"}) {
    EXPECT_FALSE(is_utf8(text)) << quote(text);
  }
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace nvinject
