// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon's log: one event, one line, named values. Nobody waits for whoever reads it (a stuck
// journal): a line that cannot be written at once is lost, and counted.

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/config/nri_config.h"
#include "nri-plugin/container/container_identity.h"

namespace nvinject::nri {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A plugin that the runtime launched has no standard error: it writes to syslog(3).
enum class LogTarget { kStandardError, kSyslog };

struct LogValue {
  std::string_view name;
  std::string_view value;  // untrusted: control characters are escaped
};

// Before it nothing is written.
void start_log(LogTarget target, LogFormat format, LogDetail detail);
// Writes what waits, for at most a moment. False: nobody reads, and a thread that holds the lock of
// standard error waits for ever. exit(3) would wait for it.
[[nodiscard]] bool stop_log();

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogValue> values);
// With namespace, pod, container and id, which every line about a container has.
void log_container(LogLevel level, std::string_view event, const ContainerIdentity& who,
                   std::initializer_list<LogValue> values);

[[nodiscard]] std::uint64_t lost_log_lines();

}  // namespace nvinject::nri
