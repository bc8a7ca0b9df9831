// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_version.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

TEST(DriverVersion, IsTheFirstWordMadeOfNumbersAndDots) {
  struct Row {
    const char* name;
    const char* text;
    std::optional<std::string> version;
  };
  const Row rows[] = {
      {"the closed module",
       "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8 12:41:17 UTC 2025\n"
       "GCC version:  gcc version 14.2.0 (Debian 14.2.0-19)\n",
       "550.163.01"},
      {"the open module",
       "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build\n",
       "570.124.06"},
      {"a branch with two numbers", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.42\n",
       "470.42"},
      {"a carriage return at the end", "Kernel Module  535.54.03\r\n", "535.54.03"},
      {"a version on the second line does not count", "NVRM version: none\n550.163.01\n", {}},
      {"a lone number is no version", "NVRM version: 550\n", {}},
      {"four numbers are no version", "NVRM version: 1.2.3.4\n", {}},
      {"letters are no version", "NVRM version: 550.beta.01\n", {}},
      {"an empty part is no version", "NVRM version: 550..01\n", {}},
      {"nothing", "", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_driver_version(row.text), row.version) << row.name;
}

TEST(DriverVersion, HasTwoOrThreeNumbers) {
  for (const char* const text : {"550.54", "550.163.01", "0.0", "999.88.77"}) {
    EXPECT_TRUE(is_driver_version(text)) << text;
  }
  for (const char* const text :
       {"", ".", "1", "1.", ".1", "1.2.3.4", "1.-2", "1. 2", "a.b", "99999999999.1"}) {
    EXPECT_FALSE(is_driver_version(text)) << text;
  }
}

TEST(CudaVersion, ComesFromTheDriverBranch) {
  EXPECT_EQ(find_cuda_version("550.163.01"), "12.4");
  EXPECT_EQ(find_cuda_version("470.42.01"), "11.4");
  EXPECT_EQ(find_cuda_version("580"), "13.0");
}

TEST(CudaVersion, IsUnknownForABranchThatTheTableDoesNotHave) {
  for (const char* const version : {"999.88.77", "", "abc", "-550.1", "5500.1"}) {
    EXPECT_EQ(find_cuda_version(version), std::nullopt) << version;
  }
}

}  // namespace
}  // namespace nvinject
