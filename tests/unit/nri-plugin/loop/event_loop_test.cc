// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/loop/event_loop.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "core/base/unique_fd.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

TEST(EventLoop, TimersRunInTheirOrderAndOnlyOnce) {
  EventLoop loop;
  std::vector<int> order;
  const auto now = Clock::now();
  loop.at(now + milliseconds(3), [&] { loop.stop(); });
  loop.at(now + milliseconds(2), [&] { order.push_back(2); });
  loop.at(now + milliseconds(1), [&] { order.push_back(1); });
  ASSERT_TRUE(loop.run());
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2));
}

TEST(EventLoop, ACancelledTimerStaysSilentEvenWhenItIsDue) {
  EventLoop loop;
  bool rang = false;
  const auto now = Clock::now();
  EventLoop::TimerId second = 0;
  loop.at(now, [&] { loop.cancel(second); });
  second = loop.at(now, [&] { rang = true; });
  loop.at(now + milliseconds(2), [&] { loop.stop(); });
  ASSERT_TRUE(loop.run());
  EXPECT_FALSE(rang);
}

TEST(EventLoop, WhoIsWatchedMayForgetItselfAndOthers) {
  EventLoop loop;
  Pipe first;
  Pipe second;
  int calls = 0;
  const auto on_ready = [&](short) {
    ++calls;
    loop.forget(first.read.get());
    loop.forget(second.read.get());
    loop.at(Clock::now() + milliseconds(5), [&] { loop.stop(); });
  };
  loop.watch(first.read.get(), POLLIN, on_ready);
  loop.watch(second.read.get(), POLLIN, on_ready);
  ASSERT_EQ(::write(first.write.get(), "x", 1), 1);
  ASSERT_EQ(::write(second.write.get(), "x", 1), 1);
  ASSERT_TRUE(loop.run());
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, WatchesWhatItIsTold) {
  EventLoop loop;
  Pipe pipe;
  short seen = 0;
  loop.watch(pipe.write.get(), 0, [&](short revents) {
    seen = revents;
    loop.stop();
  });
  loop.at(Clock::now() + milliseconds(1), [&] { loop.change(pipe.write.get(), POLLOUT); });
  ASSERT_TRUE(loop.run());
  EXPECT_EQ(seen, POLLOUT);
}

// What cannot even start says so before there is a loop to leave.
TEST(EventLoop, OneThatWasStoppedBeforeItRanCallsNobody) {
  EventLoop loop;
  bool called = false;
  loop.at(Clock::now(), [&] { called = true; });
  loop.stop();
  ASSERT_TRUE(loop.run());
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace nvinject::nri
