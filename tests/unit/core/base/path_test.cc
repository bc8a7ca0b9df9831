// SPDX-License-Identifier: Apache-2.0
#include "core/base/path.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace nvinject {
namespace {

TEST(TypedPath, DoesNotConvertBetweenSides) {
  EXPECT_FALSE((std::is_convertible_v<DriverPath, HostPath>));
  EXPECT_FALSE((std::is_constructible_v<HostPath, DriverPath>));
  EXPECT_FALSE((std::is_convertible_v<std::string, HostPath>));
}

TEST(TypedPath, KnowsItsFileName) {
  EXPECT_EQ(HostPath("/a/b/c").file_name(), "c");
  EXPECT_EQ(HostPath("c").file_name(), "c");
  EXPECT_EQ(HostPath("/").file_name(), "");
}

TEST(TypedPath, KnowsItsParent) {
  EXPECT_EQ(HostPath("/a/b/c").parent(), HostPath("/a/b"));
  EXPECT_EQ(HostPath("/a").parent(), HostPath("/"));
  EXPECT_EQ(HostPath("a").parent(), HostPath(""));
}

TEST(TypedPath, JoinsWithOneSlash) {
  EXPECT_EQ(HostPath("/a") / "b/c", HostPath("/a/b/c"));
  EXPECT_EQ(HostPath("/a/") / "/b", HostPath("/a/b"));
  EXPECT_EQ(HostPath("/") / "dev", HostPath("/dev"));
  EXPECT_EQ(HostPath("") / "dev", HostPath("/dev"));
}

TEST(TypedPath, IsOrderedByItsText) { EXPECT_LT(HostPath("/a"), HostPath("/b")); }

}  // namespace
}  // namespace nvinject
