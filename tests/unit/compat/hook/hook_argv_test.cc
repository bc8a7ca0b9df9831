// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/hook_argv.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HookArgv, NamesAreTakenOnceAndInOrder) {
  const auto command = parse_hook_argv({"ld-cache", "libcuda.so.1", "libcuda.so", "libcuda.so.1"});
  ASSERT_THAT(command, Succeeds());
  EXPECT_THAT(command->libraries, ElementsAre("libcuda.so.1", "libcuda.so"));
}

TEST(HookArgv, NoNamesAreNothingToDo) {
  const auto command = parse_hook_argv({"ld-cache"});
  ASSERT_THAT(command, Succeeds());
  EXPECT_THAT(command->libraries, IsEmpty());
}

TEST(HookArgv, TheDriversVersionAsksForCompatibilityLibraries) {
  const auto command = parse_hook_argv({"ld-cache", "--cuda-compat=550.163.01", "libcuda.so.1"});
  ASSERT_THAT(command, Succeeds());
  EXPECT_EQ(command->cuda_compat_driver, "550.163.01");
  EXPECT_THAT(command->libraries, ElementsAre("libcuda.so.1"));
  EXPECT_EQ(parse_hook_argv({"ld-cache", "libcuda.so.1"})->cuda_compat_driver, "");
}

TEST(HookArgv, WhatIsNoVersionIsRefused) {
  const std::string longest = "--cuda-compat=" + std::string(33, '1');
  for (const std::string_view argument :
       {std::string_view("--cuda-compat="), std::string_view("--cuda-compat=new"),
        std::string_view("--cuda-compat=550 "), std::string_view("--cuda-compat=-1"),
        std::string_view(longest)}) {
    EXPECT_THAT(parse_hook_argv({"ld-cache", argument}),
                FailsWith(ErrorCode::kInvalidRequest, "not the version of a driver"))
        << argument;
  }
}

TEST(HookArgv, AJobOfAnotherVersionIsRefusedByName) {
  EXPECT_THAT(parse_hook_argv({}), FailsWith(ErrorCode::kInvalidRequest, "ld-cache NAME"));
  EXPECT_THAT(parse_hook_argv({"libcuda.so.1"}),
              FailsWith(ErrorCode::kUnsupported, "'libcuda.so.1'"));
  EXPECT_THAT(parse_hook_argv({""}), FailsWith(ErrorCode::kUnsupported, "''"));
}

TEST(HookArgv, APathIsNoName) {
  for (const std::string_view name :
       {"", ".", "..", "/etc/passwd", "../libcuda.so.1", "a/b", "libcuda.so.1/"}) {
    EXPECT_THAT(parse_hook_argv({"ld-cache", "libcuda.so.1", name}),
                FailsWith(ErrorCode::kInvalidRequest, "not the name of a file"))
        << name;
  }
  const std::string longest(255, 'x');
  EXPECT_THAT(parse_hook_argv({"ld-cache", longest}), Succeeds());
  const std::string longer(256, 'x');
  EXPECT_THAT(parse_hook_argv({"ld-cache", longer}),
              FailsWith(ErrorCode::kInvalidRequest, "not the name of a file"));
}

TEST(HookArgv, TheNumberOfNamesIsBounded) {
  std::vector<std::string_view> args(kMaxHookNames + 1, "libcuda.so.1");
  args.front() = "ld-cache";
  EXPECT_THAT(parse_hook_argv(args), Succeeds());
  args.emplace_back("libcuda.so.1");
  EXPECT_THAT(parse_hook_argv(args), FailsWith(ErrorCode::kInvalidRequest, "513 names"));
}

}  // namespace
}  // namespace nvinject::compat
