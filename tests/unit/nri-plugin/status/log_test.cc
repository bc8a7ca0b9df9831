// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <string>

#include "core/base/unique_fd.h"
#include "core/json/json.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const ContainerIdentity kHostile = {.id = "c1",
                                    .name = "na\xffme",
                                    .pod_id = "p1",
                                    .pod = "p\"\n level=error \x1b[2J\\",
                                    .name_space = "",
                                    .runtime_handler = ""};

// Standard error is `fd` for as long as this lives.
class StandardError {
 public:
  explicit StandardError(int fd) : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(fd, STDERR_FILENO);
  }
  ~StandardError() { ::dup2(before_.get(), STDERR_FILENO); }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  UniqueFd before_;
};

class LogTest : public ::testing::Test {
 protected:
  template <class Events>
  std::string written(LogFormat format, Events events, LogDetail detail = LogDetail::kInfo) const {
    const UniqueFd file(
        ::open(tree_.path("log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const StandardError replaced(file.get());
    start_log(LogTarget::kStandardError, format, detail);
    events();
    EXPECT_TRUE(stop_log());
    return tree_.read("log");
  }
  testing::TempTree tree_;
};

TEST_F(LogTest, AnEventIsALineOfNamedValues) {
  const std::string line = written(LogFormat::kText, [] {
    log_event(LogLevel::kWarning, "no runtime", {{"reason", "it's gone"}, {"tries", "3"}});
  });
  EXPECT_THAT(line, MatchesRegex("time=[-0-9]+T[0-9:.]+Z level=warning msg=\"no runtime\" "
                                 "reason=\"it's gone\" tries=3\n"));
}

TEST_F(LogTest, AnEmptyValueIsSeen) {
  EXPECT_THAT(written(LogFormat::kText,
                      [] { log_event(LogLevel::kInfo, "x", {{"by", ""}, {"a", "b=c"}}); }),
              HasSubstr(" msg=x by=\"\" a=\"b=c\"\n"));
}

TEST_F(LogTest, NamesOfPodsMakeNoLinesOfTheirOwn) {
  const std::string line = written(LogFormat::kText, [] {
    log_container(LogLevel::kInfo, "GPUs given", kHostile, {{"asked", "0"}});
  });
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_THAT(line, HasSubstr(" msg=\"GPUs given\" namespace=\"\" pod=\"p\\\""));
  EXPECT_THAT(line, HasSubstr(" id=c1 asked=0\n"));
}

TEST_F(LogTest, JsonIsAnObjectALineWhateverPodsAreCalled) {
  const std::string line = written(LogFormat::kJson, [] {
    log_container(LogLevel::kError, "container \"refused\"", kHostile, {{"reason", "\xff\n"}});
  });
  ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
  const auto object = parse_json(line, "line");
  ASSERT_TRUE(object) << object.error().message << line;
  EXPECT_EQ(object->value("msg", ""), "container \"refused\"");
  EXPECT_EQ(object->value("level", ""), "error");
  EXPECT_EQ(object->value("id", ""), "c1");
  EXPECT_TRUE(object->value("pod", "").starts_with("p\""));
}

TEST_F(LogTest, BeforeTheStartAndAfterTheEndNothingIsWritten) {
  log_event(LogLevel::kError, "too early", {});
  EXPECT_EQ(written(LogFormat::kText, [] {}), "");
  log_event(LogLevel::kError, "too late", {});
  EXPECT_EQ(lost_log_lines(), 0U);
  EXPECT_TRUE(stop_log());
}

// A stuck journal must not hold up a container, nor the end.
TEST_F(LogTest, WhereNobodyReadsLinesAreLostAndCountedAndNobodyWaits) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const std::string much(1000, 'x');
  const StandardError replaced(ends[1]);
  start_log(LogTarget::kStandardError, LogFormat::kText, LogDetail::kInfo);
  for (int i = 0; i < 2000; ++i) log_event(LogLevel::kInfo, "event", {{"much", much}});
  EXPECT_GT(lost_log_lines(), 0U);
  EXPECT_TRUE(stop_log());
  // Now somebody reads, so that the writer ends before this program does.
  pollfd ready{.fd = reader.get(), .events = POLLIN, .revents = 0};
  std::array<char, 65536> buffer{};
  while (::poll(&ready, 1, 500) == 1) {
    ASSERT_GT(::read(reader.get(), buffer.data(), buffer.size()), 0);
  }
}

}  // namespace
}  // namespace nvinject::nri
