// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/log.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "core/json/json.h"
#include "core/os/file.h"

namespace nvinject::compat {
namespace {

constexpr mode_t kLogMode = 0644;

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return std::string(text.data(),
                     std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

void append_to_debug_file(const std::string& file, std::string_view text) {
  if (file.empty() || text.empty()) return;
  // One level, as packages that remove their log directory leave it.
  ::mkdir(HostPath(file).parent().c_str(), 0755);
  static_cast<void>(append_to_file(HostPath(file), text, kLogMode));
}

}  // namespace

std::string format_log_line(LogFormat format, std::string_view level, std::string_view message,
                            std::string_view time) {
  if (format == LogFormat::kJson) {
    return print_json(Json{{"level", level}, {"msg", message}, {"time", time}}) + "\n";
  }
  // The quoting of a JSON string is that of Go's %q for all that our messages contain.
  return "time=\"" + std::string(time) + "\" level=" + std::string(level) +
         " msg=" + print_json(Json(message)) + "\n";
}

void report_error(const RuncCommand& command, std::string_view message) {
  const std::string text = "nvidia-container-runtime: " + std::string(message);
  if (!command.log_file.empty()) {
    static_cast<void>(append_to_file(HostPath(command.log_file),
                                     format_log_line(command.log_format, "error", text, utc_now()),
                                     kLogMode));
  }
  std::fprintf(stderr, "%s\n", text.c_str());
}

void log_decisions(const std::string& file, std::string_view container, std::string_view level,
                   const Decisions& decisions) {
  std::string text;
  const std::string now = utc_now();
  for (const Decision& decision : decisions) {
    text += format_log_line(LogFormat::kText, level,
                            std::string(container) + ": " + decision.subject + ": " +
                                decision.choice + ": " + decision.reason,
                            now);
  }
  append_to_debug_file(file, text);
}

void log_error(const std::string& file, std::string_view container, std::string_view message) {
  append_to_debug_file(
      file, format_log_line(LogFormat::kText, "error",
                            std::string(container) + ": " + std::string(message), utc_now()));
}

}  // namespace nvinject::compat
