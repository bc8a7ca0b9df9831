// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/loop/grace.h"

#include <gmock/gmock.h>

#include <chrono>

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;

class GraceTest : public ::testing::Test {
 protected:
  // For much longer than the grace.
  void run() {
    loop_.at(Clock::now() + milliseconds(50), [this] { loop_.stop(); });
    EXPECT_TRUE(loop_.run());
  }
  EventLoop loop_;
  int ends_ = 0;
  Grace grace_{loop_, milliseconds(5), [this] { ++ends_; }};
};

TEST_F(GraceTest, EndsOnceHoweverOftenItIsStarted) {
  grace_.start();
  grace_.start();
  EXPECT_FALSE(grace_.is_over());
  run();
  EXPECT_TRUE(grace_.is_over());
  grace_.start();
  run();
  EXPECT_TRUE(grace_.is_over());
  EXPECT_EQ(ends_, 1);
}

TEST_F(GraceTest, WhatHasPassedIsForgotten) {
  grace_.start();
  grace_.stop();
  run();
  EXPECT_FALSE(grace_.is_over());
  EXPECT_EQ(ends_, 0);
  grace_.start();
  run();
  EXPECT_EQ(ends_, 1);
  grace_.stop();
  EXPECT_FALSE(grace_.is_over());
}

TEST_F(GraceTest, CanBeSkipped) {
  grace_.start();
  grace_.skip();
  EXPECT_TRUE(grace_.is_over());
  run();
  EXPECT_EQ(ends_, 0);
}

}  // namespace
}  // namespace nvinject::nri
