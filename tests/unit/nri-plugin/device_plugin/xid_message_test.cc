// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/xid_message.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using Kind = XidMessage::Kind;

const std::string kUuid = "GPU-01234567-89ab-cdef-0123-456789abcdef";

TEST(XidMessage, IsOneOfFour) {
  EXPECT_EQ(parse_xid_message("watching"), XidMessage{.kind = Kind::kWatching});
  EXPECT_EQ(parse_xid_message("released"), XidMessage{.kind = Kind::kReleased});
  EXPECT_EQ(parse_xid_message("failed " + kUuid + " 79"),
            (XidMessage{.kind = Kind::kFailed, .uuid = kUuid, .xid = 79}));
  EXPECT_EQ(parse_xid_message("recovered"), XidMessage{.kind = Kind::kRecovered});
}

TEST(XidMessage, OrNone) {
  for (const std::string& line :
       {std::string(), std::string("watching "), std::string("Watching"), std::string("failed"),
        "failed " + kUuid, "failed " + kUuid + " ", "failed " + kUuid + " -1",
        "failed " + kUuid + " 79 ", "failed " + kUuid + " 100000", "failed  " + kUuid + " 79",
        "failed " + kUuid.substr(1) + " 79", "failed GPU-" + std::string(36, 'g') + " 79",
        "failed MIG-" + kUuid.substr(4) + " 79", "recovered " + kUuid, std::string("recovered "),
        std::string(" recovered"), "failed " + kUuid + " " + std::string(100, '0')}) {
    EXPECT_THAT(parse_xid_message(line), FailsWith(ErrorCode::kInvalidRequest, "nvinject-xid"))
        << line;
  }
}

TEST(XidMessage, SomeErrorsAreOfPrograms) {
  EXPECT_TRUE(is_application_error(13));
  EXPECT_TRUE(is_application_error(109));
  EXPECT_FALSE(is_application_error(48)) << "memory";
  EXPECT_FALSE(is_application_error(79)) << "fell off the bus";
}

}  // namespace
}  // namespace nvinject::nri
