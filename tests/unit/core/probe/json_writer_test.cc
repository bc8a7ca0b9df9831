// SPDX-License-Identifier: Apache-2.0
#include "core/probe/json_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

struct Document {
  std::array<char, 4096> bytes{};
  JsonWriter writer{};

  explicit Document(size_t size = 4096) {
    writer.bytes = bytes.data();
    writer.size = size;
  }
  std::string text() const { return {bytes.data(), writer.length}; }
};

std::string quoted(const char* untrusted_text) {
  Document document;
  json_text(&document.writer, nullptr, untrusted_text);
  return document.text();
}

TEST(JsonWriter, SetsCommasBetweenValuesOnly) {
  Document document;
  json_open(&document.writer, nullptr, '{');
  json_number(&document.writer, "a", {true, 7});
  json_number(&document.writer, "b", {false, 7});
  json_open(&document.writer, "c", '[');
  json_close(&document.writer, ']');
  json_bool(&document.writer, "d", true);
  json_close(&document.writer, '}');
  EXPECT_EQ(document.text(), R"({"a":7,"b":null,"c":[],"d":true})");
}

TEST(JsonWriter, SaysNullForUnknownText) {
  EXPECT_EQ(quoted(nullptr), "null");
  EXPECT_EQ(quoted(""), "null");
}

TEST(JsonWriter, EscapesWhatJsonReserves) {
  EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quoted("\n\x01\x7f"), R"("\u000a\u0001\u007f")");
}

TEST(JsonWriter, KeepsValidUtf8) {
  for (const char* text : {"\xc2\x80", "\xc3\xa9", "\xe0\xa0\x80", "\xef\xbf\xbd",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(quoted(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonWriter, ReplacesEachByteThatIsNotUtf8) {
  struct Case {
    const char* name;
    const char* text;
    int replaced;
  };
  for (const Case& c : {
           Case{"lone continuation", "\x80", 1},
           Case{"overlong slash", "\xc0\xaf", 2},
           Case{"overlong, three bytes", "\xe0\x80\xaf", 3},
           Case{"surrogate", "\xed\xa0\x80", 3},
           Case{"above U+10FFFF", "\xf4\x90\x80\x80", 4},
           Case{"cut off at the end", "\xf0\x9f\x98", 3},
           Case{"never valid", "\xff", 1},
       }) {
    std::string expected = "\"";
    for (int i = 0; i < c.replaced; ++i) expected += "\\ufffd";
    EXPECT_EQ(quoted(c.text), expected + '"') << c.name;
  }
}

TEST(JsonWriter, CutsTextAtItsLimit) {
  const std::string text(kJsonMaxTextSize + 100, 'x');
  EXPECT_EQ(quoted(text.c_str()).size(), static_cast<size_t>(kJsonMaxTextSize) + 2);
}

TEST(JsonWriter, RemembersThatTheDocumentDidNotFit) {
  Document document(8);
  json_text(&document.writer, nullptr, "1234567890");
  EXPECT_TRUE(document.writer.overflowed);
  EXPECT_LE(document.writer.length, 8U);
}

}  // namespace
