// SPDX-License-Identifier: Apache-2.0
#include "core/base/version.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

TEST(Version, IsDigitsAndDots) {
  EXPECT_TRUE(is_version("550.163.01"));
  EXPECT_TRUE(is_version("12"));
  EXPECT_FALSE(is_version("12.4-rc1"));
  EXPECT_FALSE(is_version("+12"));
}

TEST(Version, FieldsCompareAsNumbers) {
  EXPECT_TRUE(compare_versions("550.54.15", "550.163.01") < 0);
  EXPECT_TRUE(compare_versions("1000.1", "999.99") > 0) << "not as text";
  EXPECT_TRUE(compare_versions("12.10", "12.9") > 0);
  EXPECT_TRUE(compare_versions("100000000000000000000000", "99999999999999999999999") > 0)
      << "beyond every integer";
}

TEST(Version, LeadingZerosAndMissingFieldsMakeNoDifference) {
  EXPECT_TRUE(compare_versions("550.163.01", "550.163.1") == 0);
  EXPECT_TRUE(compare_versions("12", "12.0.0") == 0);
  EXPECT_TRUE(compare_versions("", "0") == 0);
  EXPECT_TRUE(compare_versions("11..4", "11.4") == 0);
  EXPECT_TRUE(compare_versions("12", "12.0.1") < 0);
}

TEST(Version, TheMajorVersionIsTheFirstField) {
  EXPECT_EQ(major_version("550.163.01"), "550");
  EXPECT_EQ(major_version("550"), "550");
  EXPECT_EQ(major_version(""), "");
}

}  // namespace
}  // namespace nvinject
