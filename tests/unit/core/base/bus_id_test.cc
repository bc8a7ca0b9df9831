// SPDX-License-Identifier: Apache-2.0
#include "core/base/bus_id.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

TEST(BusId, IsWrittenInOneWay) {
  EXPECT_EQ(normalise_bus_id("0000:10:00.0"), "00000000:10:00.0");
  EXPECT_EQ(normalise_bus_id("00000000:10:00.0"), "00000000:10:00.0");
  EXPECT_EQ(normalise_bus_id("000A:E4:1F.7"), "0000000a:e4:1f.7");
  EXPECT_EQ(normalise_bus_id("0:b:0.0"), "00000000:0b:00.0");
}

TEST(BusId, HasNoOtherForm) {
  for (const char* const text :
       {"", "10:00.0", "0000:10:00", "0000:10:00.00", "0000::00.0", "000000000:10:00.0",
        "g000:10:00.0", "0000:10:00.0:0", "0000:10.0:0", ":10:00.0", "../../etc", "0000:+1:00.0"}) {
    EXPECT_EQ(normalise_bus_id(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace nvinject
