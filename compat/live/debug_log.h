// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log of --debug=FILE, NVC_DEBUG_FILE and nvidia-container-cli.debug of the config, in the
// style of the classic tools: a warning first, then "<I|W|E>MMDD HH:MM:SS.uuuuuu <thread>
// <file>:<line>] text", in UTC.

#include <ctime>
#include <string>
#include <string_view>

#include "core/base/decision.h"

namespace nvinject::compat {

enum class LogLevel : char { kInfo = 'I', kWarning = 'W', kError = 'E' };

[[nodiscard]] std::string format_debug_line(LogLevel level, const std::timespec& time,
                                            std::string_view text);

class DebugLog {
 public:
  // Empty: no log. Each line is written at once; that it cannot be is nobody's failure.
  explicit DebugLog(std::string file);

  void write(LogLevel level, std::string_view text) const;
  void write(const Decisions& decisions) const;

 private:
  std::string file_;
};

}  // namespace nvinject::compat
