// SPDX-License-Identifier: Apache-2.0
#include "compat/live/debug_log.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject::compat {
namespace {

constexpr mode_t kLogMode = 0644;
constexpr std::string_view kBanner =
    "\n-- WARNING, the following logs are for debugging purposes only --\n\n";
// Where a classic line names its source.
constexpr std::string_view kPlace = "nvinject:0";

}  // namespace

std::string format_debug_line(LogLevel level, const std::timespec& time, std::string_view text) {
  std::tm parts{};
  ::gmtime_r(&time.tv_sec, &parts);
  std::array<char, 32> clock{};
  std::string line(1, static_cast<char>(level));
  line.append(clock.data(), std::strftime(clock.data(), clock.size(), "%m%d %H:%M:%S.", &parts));
  const std::string micro = std::to_string(time.tv_nsec / 1000);
  line.append(6 - micro.size(), '0').append(micro);
  // One thread: its number is that of the process.
  line.append(" ").append(std::to_string(::getpid())).append(" ").append(kPlace).append("] ");
  return line.append(without_control_characters(text)).append("\n");
}

DebugLog::DebugLog(std::string file) : file_(std::move(file)) {
  if (!file_.empty()) static_cast<void>(append_to_file(HostPath(file_), kBanner, kLogMode));
}

void DebugLog::write(LogLevel level, std::string_view text) const {
  if (file_.empty()) return;
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  static_cast<void>(append_to_file(HostPath(file_), format_debug_line(level, now, text), kLogMode));
}

void DebugLog::write(const Decisions& decisions) const {
  for (const Decision& decision : decisions) {
    write(LogLevel::kInfo, decision.subject + ": " + decision.choice + ": " + decision.reason);
  }
}

}  // namespace nvinject::compat
