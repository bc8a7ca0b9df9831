// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/runc_argv.h"

#include <gtest/gtest.h>

#include "tests/unit/compat/runtime/runc_argv_cases.h"

namespace nvinject::compat {
namespace {

TEST(RuncArgv, IsReadAsRuncReadsIt) {
  for (const RuncArgvCase& row : kRuncArgvCases) {
    const RuncCommand command = parse_runc_argv(row.arguments);
    EXPECT_EQ(command.subcommand, row.subcommand) << row.name;
    EXPECT_EQ(command.bundle, row.bundle) << row.name;
    EXPECT_EQ(command.log_file, row.log_file) << row.name;
  }
}

TEST(RuncArgv, MakesAContainerByCreateAndRunOnly) {
  for (const char* const subcommand : {"create", "run"}) {
    EXPECT_TRUE(parse_runc_argv({subcommand}).makes_container()) << subcommand;
  }
  for (const char* const subcommand :
       {"start", "exec", "kill", "delete", "state", "restore", "Create", "create ", ""}) {
    EXPECT_FALSE(parse_runc_argv({subcommand}).makes_container()) << subcommand;
  }
}

TEST(RuncArgv, KnowsTheFormatOfTheLog) {
  EXPECT_EQ(parse_runc_argv({"create"}).log_format, LogFormat::kText);
  EXPECT_EQ(parse_runc_argv({"--log-format", "json", "create"}).log_format, LogFormat::kJson);
  EXPECT_EQ(parse_runc_argv({"--log-format=json", "create"}).log_format, LogFormat::kJson);
  EXPECT_EQ(parse_runc_argv({"--log-format=json", "--log-format", "text", "create"}).log_format,
            LogFormat::kText);
  EXPECT_EQ(parse_runc_argv({"create", "--log-format", "json"}).log_format, LogFormat::kText);
}

TEST(RuncArgv, SeesTheVersionFlagBeforeTheSubcommand) {
  EXPECT_TRUE(parse_runc_argv({"--version"}).version);
  EXPECT_TRUE(parse_runc_argv({"-version"}).version);
  EXPECT_FALSE(parse_runc_argv({"create", "--version"}).version);
  EXPECT_FALSE(parse_runc_argv({"--root", "--version"}).version);
}

TEST(RuncArgv, KnowsTheConfigFileOfCrun) {
  EXPECT_EQ(parse_runc_argv({"create", "--config", "/c.json", "c"}).config_file, "/c.json");
  EXPECT_EQ(parse_runc_argv({"create", "-f", "/c.json", "-b", "/b", "c"}).config_file, "/c.json");
  EXPECT_EQ(parse_runc_argv({"create", "c"}).config_file, "");
}

TEST(RuncArgv, TakesALogFileAsCrunNamesIt) {
  EXPECT_EQ(parse_runc_argv({"--log", "file:/run/l", "create"}).log_file, "/run/l");
  EXPECT_EQ(parse_runc_argv({"--log=/run/file:l", "create"}).log_file, "/run/file:l");
}

TEST(RuncArgv, TakesShortFlagsWithTheirValueAsCrunDoes) {
  EXPECT_EQ(parse_runc_argv({"create", "-b/b", "-f/c.json", "c"}).bundle, "/b");
  EXPECT_EQ(parse_runc_argv({"create", "-b/b", "-f/c.json", "c"}).config_file, "/c.json");
  EXPECT_EQ(parse_runc_argv({"create", "--b/b", "c"}).bundle, "");
}

}  // namespace
}  // namespace nvinject::compat
