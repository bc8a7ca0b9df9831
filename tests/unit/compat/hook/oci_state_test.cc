// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/oci_state.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;

TEST(OciState, IsReadAsRuntimesWriteIt) {
  EXPECT_EQ(parse_bundle_of_state(R"({"ociVersion":"1.0.2-dev","id":"c","status":"creating",)"
                                  R"("pid":1,"bundle":"/run/b","annotations":{"a":"b"}})"),
            HostPath("/run/b"))
      << "runc";
  EXPECT_EQ(parse_bundle_of_state(R"({"ociVersion":"1.0","id":"c","pid":0,"root":"rootfs",)"
                                  R"("bundle":"/run/b","status":"created"})"),
            HostPath("/run/b"))
      << "crun";
}

TEST(OciState, ThatIsMalformedIsRefused) {
  for (const char* const text : {"", "{", "[]", "null", "\"/run/b\"", R"({"bundle":"/a"} x)",
                                 R"({"bundle":"/a","bundle":"/b"})", R"(// state
           {"bundle":"/a"})"}) {
    EXPECT_THAT(parse_bundle_of_state(text),
                FailsWith(ErrorCode::kInvalidRequest, "state of the container"))
        << text;
  }
  for (const char* const text : {"{}", R"({"bundle":null})", R"({"bundle":1})", R"({"bundle":""})",
                                 R"({"bundle":"b"})", R"({"bundle":"./b"})", R"({"bundle":["/b"]})",
                                 R"({"bundle":"/b\u0000/c"})", R"({"Bundle":"/b"})"}) {
    EXPECT_THAT(parse_bundle_of_state(text), FailsWith(ErrorCode::kInvalidRequest, "bundle"))
        << text;
  }
}

}  // namespace
}  // namespace nvinject::compat
