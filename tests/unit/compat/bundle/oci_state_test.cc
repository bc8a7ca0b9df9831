// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/oci_state.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;

TEST(OciState, IsReadAsRuntimesWriteIt) {
  EXPECT_EQ(parse_container_state(R"({"ociVersion":"1.0.2-dev","id":"c","status":"creating",)"
                                  R"("pid":1,"bundle":"/run/b","annotations":{"a":"b"}})"),
            (ContainerState{HostPath("/run/b"), 1}))
      << "runc";
  EXPECT_EQ(parse_container_state(R"({"ociVersion":"1.0","id":"c","pid":0,"root":"rootfs",)"
                                  R"("bundle":"/run/b","status":"created"})"),
            (ContainerState{HostPath("/run/b"), std::nullopt}))
      << "crun";
  EXPECT_EQ(parse_container_state(R"({"pid":42,"bundlePath":"/run/b"})"),
            (ContainerState{HostPath("/run/b"), 42}))
      << "Docker before 17.06";
}

TEST(OciState, ThatIsMalformedIsRefused) {
  for (const char* const text : {"", "{", "[]", "null", "\"/run/b\"", R"({"bundle":"/a"} x)",
                                 R"({"bundle":"/a","bundle":"/b"})", R"(// state
           {"bundle":"/a"})"}) {
    EXPECT_THAT(parse_container_state(text),
                FailsWith(ErrorCode::kInvalidRequest, "state of the container"))
        << text;
  }
  for (const char* const text : {"{}", R"({"bundle":null})", R"({"bundle":1})", R"({"bundle":""})",
                                 R"({"bundle":"b"})", R"({"bundle":"./b"})", R"({"bundle":["/b"]})",
                                 R"({"bundle":"/b\u0000/c"})", R"({"Bundle":"/b"})"}) {
    EXPECT_THAT(parse_container_state(text), FailsWith(ErrorCode::kInvalidRequest, "bundle"))
        << text;
  }
  EXPECT_THAT(parse_container_state(R"({"bundle":"/b","pid":"1"})"),
              FailsWith(ErrorCode::kInvalidRequest, "pid"));
  for (const char* const text :
       {R"({"bundle":"/b","pid":-1})", R"({"bundle":"/b","pid":4294967297})"}) {
    EXPECT_EQ(parse_container_state(text), (ContainerState{HostPath("/b"), std::nullopt})) << text;
  }
}

}  // namespace
}  // namespace nvinject::compat
