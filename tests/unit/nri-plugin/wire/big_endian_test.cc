// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/big_endian.h"

#include <gmock/gmock.h>

#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

TEST(BigEndian, TheHighestByteIsTheFirst) {
  EXPECT_EQ(read_big_endian(testing::from_hex("01 02 03 04 05")), 0x01020304);
  EXPECT_EQ(read_big_endian(testing::from_hex("ff ff ff fe")), 0xfffffffe);
  std::string out = "x";
  append_big_endian(0x80020304, out);
  EXPECT_EQ(out, "x" + testing::from_hex("80 02 03 04"));
}

}  // namespace
}  // namespace nvinject::nri
