// SPDX-License-Identifier: Apache-2.0
#include "core/os/state_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;

class StateDirectoryTest : public ::testing::Test {
 protected:
  testing::TempTree tree_;
  HostPath state_ = tree_.host("state");
};

TEST_F(StateDirectoryTest, IsMadeOnceAndFoundAgain) {
  ASSERT_TRUE(open_state_directory(state_));
  ASSERT_TRUE(open_state_directory(state_));
  struct stat facts{};
  ASSERT_EQ(::stat(state_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0022, 0U);
}

TEST_F(StateDirectoryTest, IsRefusedWhenOthersMayWriteToIt) {
  tree_.directory("state");
  for (const mode_t mode : {0777U, 0775U, 0757U, 01777U}) {
    ASSERT_EQ(::chmod(state_.c_str(), mode), 0);
    EXPECT_EQ(open_state_directory(state_).error().code, ErrorCode::kUnavailable) << mode;
  }
}

TEST_F(StateDirectoryTest, IsRefusedWhenItBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: gives a directory away";
  tree_.directory("state");
  ASSERT_EQ(::chown(state_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(open_state_directory(state_).error().message, HasSubstr("belongs to user 65534"));
}

TEST_F(StateDirectoryTest, IsRefusedWhenItIsALink) {
  tree_.directory("elsewhere");
  ASSERT_EQ(::symlink("elsewhere", state_.c_str()), 0);
  EXPECT_FALSE(open_state_directory(state_));
}

TEST_F(StateDirectoryTest, AFifoIsNoStateFileAndDoesNotBlock) {
  const UniqueFd state = open_state_directory(state_).value();
  ASSERT_EQ(::mkfifoat(state.get(), "fifo", 0600), 0);
  EXPECT_EQ(read_state_file(state.get(), "fifo", 100).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(StateDirectoryTest, ALockIsHeldUntilItsDescriptorIsClosed) {
  const UniqueFd state = open_state_directory(state_).value();
  auto held = open_lock(state.get(), "lock", std::chrono::milliseconds(0));
  ASSERT_TRUE(held);
  const auto second = open_lock(state.get(), "lock", std::chrono::milliseconds(30));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  held->reset();
  EXPECT_TRUE(open_lock(state.get(), "lock", std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace nvinject
