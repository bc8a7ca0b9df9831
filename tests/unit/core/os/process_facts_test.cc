// SPDX-License-Identifier: Apache-2.0
#include "core/os/process_facts.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

constexpr const char* kStat =
    "7 (a) (b c) S 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 500 1 1 1\n";

TEST(ReadProcess, KnowsThisOne) {
  const auto facts = read_process(HostPath("/proc"), ::getpid());
  ASSERT_THAT(facts, Succeeds());
  EXPECT_EQ(facts->pid, ::getpid());
  EXPECT_EQ(facts->name, std::string(program_invocation_short_name).substr(0, 15));
  const auto age = std::chrono::system_clock::now() - facts->started;
  EXPECT_GT(age, std::chrono::seconds(-2));
  EXPECT_LT(age, std::chrono::hours(1));
  EXPECT_EQ(facts->search_path, std::getenv("PATH"));
}

TEST(ReadProcess, TakesANameForANameWhateverItHolds) {
  const testing::TempTree tree;
  tree.file("7/stat", kStat);
  tree.file("7/environ", std::string("A=PATH=/no\0PATH=/usr/bin:/bin\0B=1\0", 34));
  tree.file("stat", "cpu 1 2\nbtime 1000\nprocesses 7\n");
  const auto facts = read_process(tree.host(), 7);
  ASSERT_THAT(facts, Succeeds());
  EXPECT_EQ(facts->name, "a) (b c");
  EXPECT_EQ(facts->started.time_since_epoch(),
            std::chrono::seconds(1000 + 500 / ::sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(facts->search_path, "/usr/bin:/bin");
}

TEST(ReadProcess, TellsNoPathFromAnUnknownOne) {
  const testing::TempTree tree;
  tree.file("7/stat", kStat);
  tree.file("stat", "btime 1000\n");
  EXPECT_EQ(read_process(tree.host(), 7)->search_path, std::nullopt);
  tree.file("7/environ", "");
  EXPECT_EQ(read_process(tree.host(), 7)->search_path, "");
}

TEST(ReadProcess, RefusesWhatTheKernelDoesNotWrite) {
  const testing::TempTree tree;
  EXPECT_EQ(read_process(tree.host(), 7).error().code, ErrorCode::kNotFound);
  tree.file("stat", "btime 1000\n");
  for (const char* const text : {"", "7 a S 1", "7 )a( S", "7 (a) S 1 2",
                                 "7 (a) S 1 7 7 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 x 1\n"}) {
    tree.file("7/stat", text);
    EXPECT_THAT(read_process(tree.host(), 7), FailsWith(ErrorCode::kSystem, "7/stat")) << text;
  }
  tree.file("7/stat", kStat);
  tree.file("stat", "cpu 1\n");
  EXPECT_THAT(read_process(tree.host(), 7), FailsWith(ErrorCode::kSystem, "/stat"));
}

}  // namespace
}  // namespace nvinject
