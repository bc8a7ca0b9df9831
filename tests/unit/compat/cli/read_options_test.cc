// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/read_options.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Words = std::vector<std::string_view>;

struct Read {
  Result<Words> operands;
  CommandLine line;
};

Read read(CliCommand command, const Words& words, Operands operands = Operands::kAnywhere) {
  Read done{.operands = Words(), .line = {}};
  done.operands = read_options(words, options_of(command), operands, done.line);
  return done;
}

TEST(ReadOptions, AnArgumentIsWrittenInFourWays) {
  const Words ways[] = {{"--root=/a"}, {"--root", "/a"}, {"-r/a"}, {"-r", "/a"}};
  for (const Words& way : ways) {
    const Read done = read(CliCommand::kNone, way);
    ASSERT_THAT(done.operands, Succeeds()) << way.front();
    EXPECT_THAT(*done.operands, IsEmpty()) << way.front();
    EXPECT_EQ(done.line.driver_root, "/a") << way.front();
  }
}

TEST(ReadOptions, AnArgumentMayLookLikeAnOption) {
  EXPECT_EQ(read(CliCommand::kNone, {"-d", "--load-kmods"}).line.debug_file, "--load-kmods");
  EXPECT_EQ(read(CliCommand::kNone, {"--debug", "-k"}).line.debug_file, "-k");
  EXPECT_EQ(read(CliCommand::kNone, {"--debug=a=b"}).line.debug_file, "a=b");
}

TEST(ReadOptions, LettersMayShareAWord) {
  const Read done = read(CliCommand::kNone, {"-nkr/a"});
  EXPECT_THAT(done.operands, Succeeds());
  EXPECT_TRUE(done.line.load_kmods);
  EXPECT_EQ(done.line.driver_root, "/a");
  const Read capabilities = read(CliCommand::kConfigure, {"-cuvp", "7"});
  EXPECT_THAT(capabilities.operands, Succeeds());
  EXPECT_EQ(capabilities.line.configure.pid, 7);
  EXPECT_TRUE(capabilities.line.configure.capabilities ==
              CapabilitySet({Capability::kCompute, Capability::kUtility, Capability::kVideo}));
}

TEST(ReadOptions, AnOptionalArgumentIsOnlyTakenWhenItIsAttached) {
  for (const Words& words : {Words{"--user", "x"}, Words{"-u", "x"}}) {
    const Read done = read(CliCommand::kNone, words);
    ASSERT_THAT(done.operands, Succeeds());
    EXPECT_THAT(*done.operands, ElementsAre("x"));
  }
  for (const std::string_view word : {"--user=root:video", "-uroot:video", "--user="}) {
    EXPECT_THAT(read(CliCommand::kNone, {word}).operands, Succeeds()) << word;
  }
  for (const std::string_view word : {"--user=root:", "-u:video"}) {
    EXPECT_THAT(read(CliCommand::kNone, {word}).operands,
                FailsWith(ErrorCode::kUnsupported, "'--user'"))
        << word;
  }
}

TEST(ReadOptions, ANameMayBeCutWhereItIsUnique) {
  EXPECT_TRUE(read(CliCommand::kNone, {"--load"}).line.load_kmods);
  EXPECT_EQ(read(CliCommand::kNone, {"--ro=/a"}).line.driver_root, "/a");
  EXPECT_THAT(read(CliCommand::kNone, {"--l"}).operands,
              FailsWith(ErrorCode::kInvalidRequest,
                        "option '--l' is ambiguous; possibilities: '--load-kmods' '--ldcache'"));
  EXPECT_THAT(read(CliCommand::kConfigure, {"--comp"}).operands,
              FailsWith(ErrorCode::kInvalidRequest, "ambiguous"));
  // A whole name is never ambiguous.
  EXPECT_THAT(read(CliCommand::kConfigure, {"--pid", "1", "--compute"}).operands, Succeeds());
}

TEST(ReadOptions, ComplainsInTheWordsOfGetopt) {
  struct Row {
    Words words;
    const char* complaint;
  };
  const Row rows[] = {
      {{"--nonsense"}, "unrecognized option '--nonsense'"},
      {{"--nonsense=1"}, "unrecognized option '--nonsense'"},
      {{"-z"}, "invalid option -- 'z'"},
      {{"-kz"}, "invalid option -- 'z'"},
      {{"--root"}, "option '--root' requires an argument"},
      {{"-r"}, "option requires an argument -- 'r'"},
      {{"--load-kmods=1"}, "option '--load-kmods' doesn't allow an argument"},
      {{"--load=1"}, "option '--load-kmods' doesn't allow an argument"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(read(CliCommand::kNone, row.words).operands,
                FailsWith(ErrorCode::kInvalidRequest, row.complaint))
        << row.words.front();
  }
}

TEST(ReadOptions, WhatIsNoOptionIsAnOperand) {
  EXPECT_THAT(*read(CliCommand::kNone, {"a", "-k", "-", "b", "--", "-k", "--"}).operands,
              ElementsAre("a", "-", "b", "-k", "--"));
  EXPECT_THAT(*read(CliCommand::kNone, {"-k", "list", "-k"}, Operands::kFirstEnds).operands,
              ElementsAre("list", "-k"));
  EXPECT_THAT(*read(CliCommand::kNone, {"--", "list", "-k"}, Operands::kFirstEnds).operands,
              ElementsAre("list", "-k"));
}

TEST(ReadOptions, HelpEndsTheReading) {
  const Read done = read(CliCommand::kNone, {"-k?z", "--nonsense"});
  EXPECT_THAT(done.operands, Succeeds());
  EXPECT_EQ(done.line.help, CliHelp::kHelp);
}

}  // namespace
}  // namespace nvinject::compat
