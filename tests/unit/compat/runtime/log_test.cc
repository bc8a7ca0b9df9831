// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/log.h"

#include <gmock/gmock.h>

#include "core/json/json.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::TempTree;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

TEST(LogLine, IsThatOfRunc) {
  EXPECT_EQ(format_log_line(LogFormat::kJson, "error", "no GPU", "2026-01-02T03:04:05Z"),
            "{\"level\":\"error\",\"msg\":\"no GPU\",\"time\":\"2026-01-02T03:04:05Z\"}\n");
  EXPECT_EQ(format_log_line(LogFormat::kText, "error", "no GPU", "2026-01-02T03:04:05Z"),
            "time=\"2026-01-02T03:04:05Z\" level=error msg=\"no GPU\"\n");
}

TEST(LogLine, StaysOneLineWhateverTheMessageSays) {
  const std::string message = "a \"quoted\" word\nand a second\tline \\ \x01 \xff";
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    const std::string line = format_log_line(format, "error", message, "t");
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_THAT(line, HasSubstr(R"(a \"quoted\" word\nand a second\tline \\ \u0001)"));
  }
  const std::string json = format_log_line(LogFormat::kJson, "error", message, "t");
  EXPECT_TRUE(parse_json(json, "log line"));
}

TEST(ReportError, AppendsToTheLogFileThatTheEngineReads) {
  const TempTree tree;
  tree.file("log.json", "{\"level\":\"debug\"}\n");
  RuncCommand command;
  command.log_file = tree.path("log.json");
  command.log_format = LogFormat::kJson;
  ::testing::internal::CaptureStderr();
  report_error(command, "unknown device '9'");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "nvidia-container-runtime: unknown device '9'\n");
  const std::string log = tree.read("log.json");
  EXPECT_THAT(log, StartsWith("{\"level\":\"debug\"}\n"));
  const std::string line = log.substr(log.find('\n') + 1);
  const auto parsed = parse_json(line, "log");
  ASSERT_TRUE(parsed) << line;
  EXPECT_EQ((*parsed)["level"], "error");
  EXPECT_EQ((*parsed)["msg"], "nvidia-container-runtime: unknown device '9'");
  EXPECT_THAT((*parsed)["time"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
}

TEST(ReportError, MakesTheLogFileThatIsNotThere) {
  const TempTree tree;
  RuncCommand command;
  command.log_file = tree.path("new.log");
  ::testing::internal::CaptureStderr();
  report_error(command, "m");
  static_cast<void>(::testing::internal::GetCapturedStderr());
  EXPECT_THAT(tree.read("new.log"), EndsWith("level=error msg=\"nvidia-container-runtime: m\"\n"));
}

TEST(ReportError, NeedsNoLogFile) {
  RuncCommand command;
  for (const char* const file : {"", "/absent/directory/log", "/"}) {
    command.log_file = file;
    ::testing::internal::CaptureStderr();
    report_error(command, "m");
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), EndsWith(": m\n")) << file;
  }
}

TEST(ReportError, DoesNotWaitForTheReaderOfAFifo) {
  const TempTree tree;
  tree.fifo("log");
  RuncCommand command;
  command.log_file = tree.path("log");
  ::testing::internal::CaptureStderr();
  report_error(command, "m");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), EndsWith(": m\n"));
}

TEST(LogDecisions, WritesALineForEach) {
  const TempTree tree;
  const std::string file = tree.path("debug.log");
  log_decisions(file, "/b/config.json", "info",
                {{"GPU 0", "granted", "asked for"}, {"x", "y", "z"}});
  log_decisions(file, "/c/config.json", "info", {{"x", "y", "z"}});
  EXPECT_THAT(tree.read("debug.log"),
              MatchesRegex("time=[^ ]+ level=info msg=\"/b/config.json: GPU 0: granted: asked for\""
                           "\ntime=[^ ]+ level=info msg=\"/b/config.json: x: y: z\"\n"
                           "time=[^ ]+ level=info msg=\"/c/config.json: x: y: z\"\n"));
}

TEST(LogDecisions, WritesNothingWhereNobodyWantsIt) {
  const TempTree tree;
  log_decisions("", "/b/config.json", "info", {{"x", "y", "z"}});
  log_decisions(tree.path("log"), "/b/config.json", "info", {});
  EXPECT_EQ(tree.read("log"), "");
}

TEST(LogDecisions, MakesTheDirectoryOfTheFile) {
  const TempTree tree;
  log_decisions(tree.path("gone/debug.log"), "/b/config.json", "info", {{"x", "y", "z"}});
  EXPECT_THAT(tree.read("gone/debug.log"), EndsWith(": x: y: z\"\n"));
}

TEST(LogError, WritesALineOfItsOwnLevel) {
  const TempTree tree;
  log_error(tree.path("debug.log"), "/b/config.json", "unknown device '9'");
  EXPECT_THAT(tree.read("debug.log"),
              EndsWith("level=error msg=\"/b/config.json: unknown device '9'\"\n"));
  log_error("", "/b/config.json", "nobody wants it");
}

}  // namespace
}  // namespace nvinject::compat
