// SPDX-License-Identifier: Apache-2.0
#include "core/os/own_descriptors.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "core/base/unique_fd.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::Succeeds;

// The other end of a pipe says whether somebody still has this one.
bool is_at_its_end(int fd) {
  char byte = 0;
  return ::read(fd, &byte, 1) == 0;
}

TEST(OwnDescriptors, WhatIsOpenedLaterIsNotTheThreads) {
  std::array<int, 2> start{};
  ASSERT_EQ(::pipe2(start.data(), O_CLOEXEC), 0);
  std::array<int, 2> done{};
  ASSERT_EQ(::pipe2(done.data(), O_CLOEXEC), 0);
  std::thread thread([&] {
    EXPECT_THAT(keep_own_descriptors(), Succeeds());
    char byte = 0;
    EXPECT_EQ(::write(start[1], "x", 1), 1);
    EXPECT_EQ(::read(done[0], &byte, 1), 1);
  });
  char byte = 0;
  ASSERT_EQ(::read(start[0], &byte, 1), 1);
  std::array<int, 2> later{};
  ASSERT_EQ(::pipe2(later.data(), O_CLOEXEC | O_NONBLOCK), 0);
  UniqueFd(later[1]).reset();
  EXPECT_TRUE(is_at_its_end(later[0])) << "the thread lives, and does not hold the other end";
  EXPECT_EQ(::write(done[1], "x", 1), 1);
  thread.join();
  for (const int fd : {start[0], start[1], done[0], done[1], later[0]}) UniqueFd(fd).reset();
}

}  // namespace
}  // namespace nvinject
