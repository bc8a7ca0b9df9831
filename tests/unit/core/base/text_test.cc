// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace nvinject {
namespace {

using ::testing::ElementsAre;

TEST(Split, KeepsEmptyPieces) { EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", "")); }

TEST(SplitWords, KeepsNoEmptyPieces) {
  EXPECT_THAT(split_words("  a\tb \n c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_words(",a, b", ", "), ElementsAre("a", "b"));
  EXPECT_THAT(split_words(" \n"), ElementsAre());
  EXPECT_THAT(split_words(""), ElementsAre());
}

TEST(Split, GivesOneEmptyPieceForNothing) { EXPECT_THAT(split("", ','), ElementsAre("")); }

TEST(Trim, RemovesAsciiWhiteSpaceAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t\r\n\v\fa b\n"), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim("\u00a0a"), "\u00a0a");
}

TEST(ToLower, ChangesAsciiLettersOnly) { EXPECT_EQ(to_lower("GPU-Ä[Z]"), "gpu-Ä[z]"); }

TEST(EqualsIgnoringCase, ComparesWholeTexts) {
  EXPECT_TRUE(equals_ignoring_case("Tesla", "tESLA"));
  EXPECT_FALSE(equals_ignoring_case("Tesla", "Tesl"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

TEST(Quote, LeavesNothingThatEndsALineOrAQuotation) {
  EXPECT_EQ(quote("a b"), "'a b'");
  EXPECT_EQ(quote("a'b\\c"), "'a\\x27b\\x5cc'");
  EXPECT_EQ(quote("a\nb\x1b[31m\x7f\xff"), "'a\\x0ab\\x1b[31m\\x7f\\xff'");
  EXPECT_EQ(quote(std::string_view("\0", 1)), "'\\x00'");
}

TEST(Quote, CutsAfter200Bytes) {
  EXPECT_EQ(quote(std::string(200, 'a')), "'" + std::string(200, 'a') + "'");
  EXPECT_EQ(quote(std::string(1 << 20, 'a')), "'" + std::string(200, 'a') + "…'");
}

TEST(Escape, IsQuoteWithoutQuotes) {
  EXPECT_EQ(escape("cuda>=12.6"), "cuda>=12.6");
  EXPECT_EQ(escape("a\nb"), "a\\x0ab");
}

TEST(Join, PutsSeparatorsOnlyBetween) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
}

TEST(ParseUnsigned, TakesDigitsOnly) {
  EXPECT_EQ(parse_unsigned<unsigned>("0"), 0U);
  EXPECT_EQ(parse_unsigned<unsigned>("007"), 7U);
  EXPECT_EQ(parse_unsigned<unsigned>("ff", 16), 255U);
  for (const std::string_view text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1a"}) {
    EXPECT_EQ(parse_unsigned<unsigned>(text), std::nullopt) << text;
  }
}

TEST(ParseUnsigned, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_unsigned<std::uint8_t>("255"), 255);
  EXPECT_EQ(parse_unsigned<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(parse_unsigned<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_unsigned<std::uint64_t>("18446744073709551616"), std::nullopt);
}

TEST(WithoutControlCharacters, LeavesEverythingElseAndCutsNothing) {
  EXPECT_EQ(without_control_characters("a 'b' \\ \xc3\xa9"), "a 'b' \\ \xc3\xa9");
  EXPECT_EQ(without_control_characters("\x1b[31m\r\n\t\x7f"), "\\x1b[31m\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(without_control_characters(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(without_control_characters(std::string(1000, 'x')), std::string(1000, 'x'));
}

}  // namespace
}  // namespace nvinject
