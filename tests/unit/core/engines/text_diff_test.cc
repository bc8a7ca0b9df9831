// SPDX-License-Identifier: Apache-2.0
#include "core/engines/text_diff.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

std::string diff(std::string_view before, std::string_view after) {
  return unified_diff(before, after, "old", "new");
}

TEST(UnifiedDiff, IsEmptyForEqualTexts) {
  EXPECT_EQ(diff("", ""), "");
  EXPECT_EQ(diff("a\nb\n", "a\nb\n"), "");
}

TEST(UnifiedDiff, ShowsAFileThatIsNewOrGone) {
  EXPECT_EQ(diff("", "a\nb\n"), "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(diff("a\nb\n", ""), "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n");
}

TEST(UnifiedDiff, ShowsTheLinesAround) {
  EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- old\n+++ new\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(diff("{\n}\n", "{\n    \"a\": 1\n}\n"),
            "--- old\n+++ new\n@@ -1,2 +1,3 @@\n {\n+    \"a\": 1\n }\n");
}

TEST(UnifiedDiff, ShowsChangesFarApartEachForItself) {
  std::string before;
  std::string after;
  for (int line = 1; line <= 30; ++line) {
    before += std::to_string(line) + "\n";
    after += (line == 2 || line == 29 ? "x" : std::to_string(line)) + "\n";
  }
  EXPECT_EQ(diff(before, after),
            "--- old\n+++ new\n"
            "@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n"
            "@@ -26,5 +26,5 @@\n 26\n 27\n 28\n-29\n+x\n 30\n");
}

TEST(UnifiedDiff, SaysWhereTheLastLineHasNoEnd) {
  EXPECT_EQ(diff("a", "a\n"),
            "--- old\n+++ new\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

}  // namespace
}  // namespace nvinject
