// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/field_reader.h"

#include <gmock/gmock.h>

#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using testing::from_hex;

// What a reader sees, as text: "1:bytes 2=5 3?"; "!" at the end of what is malformed.
std::string fields_of(std::string_view bytes) {
  std::string out;
  FieldReader fields(bytes);
  while (const auto field = fields.next()) {
    out += out.empty() ? "" : " ";
    out += std::to_string(field->number);
    switch (field->kind) {
      case FieldKind::kBytes:
        out.append(":").append(field->bytes);
        break;
      case FieldKind::kVarint:
        out.append("=").append(std::to_string(field->varint));
        break;
      case FieldKind::kOther:
        out.append("?");
        EXPECT_TRUE(field->bytes.empty());
        EXPECT_EQ(field->varint, 0);
    }
  }
  if (!fields.ok()) out += "!";
  EXPECT_FALSE(fields.next());
  return out;
}

std::string fields_of_hex(std::string_view text) { return fields_of(from_hex(text)); }

struct Row {
  const char* name;
  const char* bytes;
  const char* fields;
};

TEST(FieldReader, MessagesAreWalkedFieldByField) {
  for (const Row& row : std::initializer_list<Row>{
           {"nothing", "", ""},
           {"text", "0a 02 61 62", "1:ab"},
           {"text without bytes", "0a 00", "1:"},
           {"a number", "10 96 01", "2=150"},
           {"minus one", "10 ff ff ff ff ff ff ff ff ff 01", "2=18446744073709551615"},
           {"a zero written long", "10 80 80 00", "2=0"},
           {"fixed 64 and 32", "19 0102030405060708 25 01020304 08 01", "3? 4? 1=1"},
           {"the highest number", "fa ff ff ff 0f 00", "536870911:"},
           {"an empty group", "2b 2c 08 01", "5? 1=1"},
           {"groups in a group", "2b 33 08 01 12 01 61 34 33 34 2c 08 07", "5? 1=7"},
           {"a field twice", "08 01 08 02", "1=1 1=2"}}) {
    EXPECT_EQ(fields_of_hex(row.bytes), row.fields) << row.name;
  }
}

TEST(FieldReader, WhatIsMalformedEndsTheMessage) {
  for (const Row& row : std::initializer_list<Row>{
           {"text longer than the message", "08 01 0a 03 61 62", "1=1!"},
           {"a length above everything", "0a ff ff ff ff ff ff ff ff ff 01", "!"},
           {"a tag without a value", "08", "!"},
           {"a cut number", "08 80", "!"},
           {"a number of 65 bits", "08 ff ff ff ff ff ff ff ff ff 02", "!"},
           {"a number of 11 bytes", "08 80 80 80 80 80 80 80 80 80 80 00", "!"},
           {"field 0", "00 01", "!"},
           {"a field number of 30 bits", "82 80 80 80 10 00", "!"},
           {"wire type 6", "0e 01", "!"},
           {"wire type 7", "0f 01", "!"},
           {"a cut fixed 64", "09 01 02 03 04 05 06 07", "!"},
           {"a cut fixed 32", "0d 01 02 03", "!"},
           {"a group without an end", "2b 08 01", "!"},
           {"the end of another group", "2b 34", "!"},
           {"an end without a group", "08 01 2c", "1=1!"},
           {"malformed in a group", "2b 0a 05 61 2c", "!"}}) {
    EXPECT_EQ(fields_of_hex(row.bytes), row.fields) << row.name;
  }
}

TEST(FieldReader, GroupsMayBeSixteenDeepAndNoDeeper) {
  EXPECT_EQ(fields_of(std::string(16, '\x2b') + std::string(16, '\x2c')), "5?");
  EXPECT_EQ(fields_of(std::string(17, '\x2b') + std::string(17, '\x2c')), "!");
  EXPECT_EQ(fields_of(std::string(1 << 20, '\x2b')), "!");
}

TEST(FieldReader, TextIsBorrowed) {
  const std::string bytes = from_hex("0a 03 61 62 63");
  const auto field = FieldReader(bytes).next();
  ASSERT_TRUE(field);
  EXPECT_TRUE(field->is_bytes(1));
  EXPECT_FALSE(field->is_bytes(2));
  EXPECT_FALSE(field->is_varint(1));
  EXPECT_EQ(field->bytes.data(), bytes.data() + 2);
}

TEST(FieldReader, EveryTruncationIsReadOrRefused) {
  const std::string bytes = from_hex("0a 03 61 62 63 10 96 01 19 0102030405060708 2b 08 01 2c");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string copy = bytes.substr(0, size);  // so that a sanitizer sees its end
    (void)fields_of(copy);
  }
}

}  // namespace
}  // namespace nvinject::nri
