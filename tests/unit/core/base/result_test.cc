// SPDX-License-Identifier: Apache-2.0
#include "core/base/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace nvinject {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidRequest, "halve: odd");
  return number / 2;
}

Result<int> quarter(int number) {
  NVINJECT_ASSIGN_OR_RETURN(const int halved, half(number));
  NVINJECT_ASSIGN_OR_RETURN(const int quartered, half(halved));
  return quartered;
}

Result<void> check_even(int number) {
  NVINJECT_RETURN_IF_ERROR(half(number));
  return {};
}

TEST(AssignOrReturn, GoesOnWithTheValue) { EXPECT_EQ(quarter(8), 2); }

TEST(AssignOrReturn, HandsTheErrorOn) {
  EXPECT_EQ(quarter(6).error(), (Error{ErrorCode::kInvalidRequest, "halve: odd"}));
}

TEST(AssignOrReturn, MovesTheValue) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); };
  const auto use = [&make]() -> Result<int> {
    NVINJECT_ASSIGN_OR_RETURN(const std::unique_ptr<int> number, make());
    return *number;
  };
  EXPECT_EQ(use(), 3);
}

TEST(ReturnIfError, ReturnsOnlyOnError) {
  EXPECT_TRUE(check_even(2).has_value());
  EXPECT_EQ(check_even(3).error().message, "halve: odd");
}

TEST(Error, IsPrefixedByWhatTheCallerWasDoing) {
  const Error error = Error{ErrorCode::kSystem, "open 'x': gone", ENOENT}.wrap("read version");
  EXPECT_EQ(error, (Error{ErrorCode::kSystem, "read version: open 'x': gone", ENOENT}));
}

TEST(FailErrno, QuotesTheOperandAndKeepsTheNumber) {
  const Error error = fail_errno("open", "a\nb", EACCES).value();
  EXPECT_EQ(error.code, ErrorCode::kSystem);
  EXPECT_EQ(error.os_errno, EACCES);
  EXPECT_THAT(error.message, AllOf(HasSubstr("open 'a\\x0ab': "), HasSubstr("denied")));
}

TEST(FailErrno, SaysNotFoundForAMissingFile) {
  EXPECT_EQ(fail_errno("open", "/x", ENOENT).value().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace nvinject
