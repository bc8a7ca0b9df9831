// SPDX-License-Identifier: Apache-2.0
#include "core/engines/json_document.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

TEST(JsonDocument, IsPrintedAsItWasWritten) {
  for (const char* const text :
       {"{\n  \"a\": 18446744073709551615,\n  \"b\": {}\n}\n", "{\n\t\"a\": 1\n}", "{\"a\":1}\n"}) {
    const auto document = parse_document(text, "f", 100);
    ASSERT_THAT(document, Succeeds()) << text;
    EXPECT_EQ(print_document(*document, text), text);
  }
  EXPECT_EQ(print_document(Json{{"a", 1}}, ""), "{\n    \"a\": 1\n}\n");
}

TEST(JsonDocument, IsAnObjectOfABoundedSize) {
  EXPECT_EQ(parse_document(" \n", "f", 2), Json::object());
  EXPECT_THAT(parse_document("{} ", "f", 2), FailsWith(ErrorCode::kInvalidRequest, "'f'"));
  EXPECT_THAT(parse_document("[]", "f", 2), FailsWith(ErrorCode::kInvalidRequest, "array"));
}

}  // namespace
}  // namespace nvinject
