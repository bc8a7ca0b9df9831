// SPDX-License-Identifier: Apache-2.0
#include "core/os/fd_collection.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <vector>

namespace nvinject {
namespace {

UniqueFd open_null_at(int number) {
  const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, number));
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(FdCollection, ClosesItsOwnAndNoneBetweenThem) {
  const UniqueFd other = open_null_at(103);
  {
    FdCollection fds;
    for (const int number : {105, 104, 100, 102, 101, 110}) fds.add(open_null_at(number));
    fds.add(UniqueFd());
    EXPECT_EQ(fds.all().front().get(), 105);
    EXPECT_TRUE(is_open(101));
  }
  for (const int number : {100, 101, 102, 104, 105, 110}) EXPECT_FALSE(is_open(number)) << number;
  EXPECT_TRUE(is_open(other.get()));
}

TEST(FdCollection, AnEmptyOneClosesNothing) {
  FdCollection fds;
  fds.close_all();
  EXPECT_TRUE(fds.all().empty());
  EXPECT_TRUE(is_open(0));
}

}  // namespace
}  // namespace nvinject
