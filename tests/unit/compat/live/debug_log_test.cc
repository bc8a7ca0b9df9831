// SPDX-License-Identifier: Apache-2.0
#include "compat/live/debug_log.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::TempTree;
using ::testing::MatchesRegex;

TEST(DebugLine, IsInTheStyleOfTheClassicLog) {
  const std::timespec time{.tv_sec = 1764108702, .tv_nsec = 7000};
  EXPECT_EQ(format_debug_line(LogLevel::kWarning, time, "a\nb"),
            "W1125 22:11:42.000007 " + std::to_string(::getpid()) + " nvinject:0] a\\x0ab\n");
}

TEST(DebugLog, AppendsABannerAndThenLines) {
  const TempTree tree;
  tree.file("log", "before\n");
  const DebugLog log(tree.path("log"));
  log.write(LogLevel::kError, "why");
  log.write(Decisions{{"GPU 0", "granted", "asked for"}});
  EXPECT_THAT(tree.read("log"),
              MatchesRegex("before\n"
                           "\n-- WARNING, the following logs are for debugging purposes only --\n\n"
                           "E[0-9]+ [0-9:.]+ [0-9]+ nvinject:0. why\n"
                           "I[0-9]+ [0-9:.]+ [0-9]+ nvinject:0. GPU 0: granted: asked for\n"));
}

TEST(DebugLog, WithoutAFileNothingIsWritten) {
  const TempTree tree;
  const DebugLog log("");
  log.write(LogLevel::kError, "why");
  const DebugLog nowhere(tree.path("missing/log"));
  nowhere.write(LogLevel::kError, "why");
  EXPECT_EQ(tree.entries(""), 0U);
}

}  // namespace
}  // namespace nvinject::compat
