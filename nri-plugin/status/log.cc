// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/log.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/syslog_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "core/base/text.h"
#include "core/json/json.h"

namespace nvinject::nri {
namespace {

constexpr std::size_t kQueuedLines = 512;
constexpr std::chrono::milliseconds kLastLines{200};

// Standard error, without a thread: one would cost each GPU container a wake-up of another
// processor. poll(2) says before each write(2) whether PIPE_BUF bytes can be written at once; what
// cannot is lost.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view rest(line.data(), line.size());
    while (!rest.empty()) {
      pollfd polled{.fd = STDERR_FILENO, .events = POLLOUT};
      const bool is_ready = ::poll(&polled, 1, 0) == 1 && (polled.revents & POLLOUT) != 0;
      const ssize_t written = is_ready ? ::write(STDERR_FILENO, rest.data(),
                                                 std::min<std::size_t>(rest.size(), PIPE_BUF))
                                       : -1;
      if (written <= 0) {
        ++lost_;
        return;
      }
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}

  std::atomic<std::uint64_t> lost_ = 0;
};

struct Log {
  // Of a launched plugin: syslog(3) may wait, so a thread of its own does.
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<StandardErrorSink> standard_error;  // of all others
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kText;
};

Log& the_log() {
  static Log log;
  return log;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    default:
      return spdlog::level::info;
  }
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\'") != std::string_view::npos;
}

// name=value, the value in double quotes where it would not be one word.
void append_text(const LogValue& value, std::string& line) {
  line.append(" ").append(value.name).append("=");
  const std::string safe = without_control_characters(value.value);
  if (!needs_quotes(safe)) {
    line.append(safe);
    return;
  }
  line.push_back('"');
  for (const char c : safe) {
    if (c == '"' || c == '\\') line.push_back('\\');
    line.push_back(c);
  }
  line.push_back('"');
}

// The members of an object that the pattern has opened.
void append_json(const LogValue& value, std::string& line) {
  line.append(line.empty() ? "" : ",").append(print_json(Json(value.name))).append(":");
  line.append(print_json(Json(without_control_characters(value.value))));
}

using Values = std::span<const LogValue>;

void write_line(LogLevel level, std::string_view event, Values first, Values second) {
  Log& log = the_log();
  if (!log.logger || !log.logger->should_log(spdlog_level(level))) return;
  std::string line;
  const auto append = log.format == LogFormat::kJson ? append_json : append_text;
  append({"msg", event}, line);
  for (const LogValue& value : first) append(value, line);
  for (const LogValue& value : second) append(value, line);
  log.logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void start_log(LogTarget target, LogFormat format, LogDetail detail) {
  Log& log = the_log();
  log.format = format;
  if (target == LogTarget::kSyslog) {
    log.writer = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
    auto sink =
        std::make_shared<spdlog::sinks::syslog_sink_mt>("nvinject-nri", LOG_PID, LOG_DAEMON, false);
    log.logger = std::make_shared<spdlog::async_logger>(
        "nvinject-nri", std::move(sink), log.writer, spdlog::async_overflow_policy::overrun_oldest);
  } else {
    log.standard_error = std::make_shared<StandardErrorSink>();
    log.logger = std::make_shared<spdlog::logger>("nvinject-nri", log.standard_error);
  }
  // UTC: the local time zone would be a file to read.
  log.logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                 : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l%v",
      spdlog::pattern_time_type::utc));
  log.logger->set_level(detail == LogDetail::kDebug ? spdlog::level::debug : spdlog::level::info);
  log.logger->flush_on(spdlog::level::info);
}

// The writer ends when it has written all that waits, which is never where nobody reads: somebody
// else waits for it, and we for him, but not for ever.
bool stop_log() {
  Log log = std::exchange(the_log(), {});
  if (!log.writer) return true;
  auto written = std::make_shared<std::promise<void>>();
  const auto done = written->get_future();
  std::thread([log = std::move(log), written]() mutable {
    log = {};
    written->set_value();
  }).detach();
  return done.wait_for(kLastLines) == std::future_status::ready;
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogValue> values) {
  write_line(level, event, {}, {values.begin(), values.size()});
}

void log_container(LogLevel level, std::string_view event, const ContainerIdentity& who,
                   std::initializer_list<LogValue> values) {
  const LogValue names[] = {
      {"namespace", who.name_space}, {"pod", who.pod}, {"container", who.name}, {"id", who.id}};
  write_line(level, event, names, {values.begin(), values.size()});
}

std::uint64_t lost_log_lines() {
  const Log& log = the_log();
  if (log.standard_error) return log.standard_error->lost();
  return log.writer ? log.writer->overrun_counter() : 0;
}

}  // namespace nvinject::nri
