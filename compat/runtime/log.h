// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the shim says, and where: containerd and Podman take the reason of a failure from the file
// given by
// --log, in the format of runc; people read standard error; decisions go to the debug file of the
// config.

#include <string>
#include <string_view>

#include "compat/runtime/runc_argv.h"
#include "core/base/decision.h"

namespace nvinject::compat {

// One line as runc writes it: {"level":"error","msg":"…","time":"…"} or time="…" level=error
// msg="…".
[[nodiscard]] std::string format_log_line(LogFormat format, std::string_view level,
                                          std::string_view message, std::string_view time);

// Into the --log file if there is one, and on standard error. Cannot fail: there is nobody left to
// tell.
void report_error(const RuncCommand& command, std::string_view message);

// Lines about one container, appended to the debug file of the config, whose directory is made when
// it is missing; nothing when `file` is empty.
// The level is "info" or "warning".
void log_decisions(const std::string& file, std::string_view container, std::string_view level,
                   const Decisions& decisions);
void log_error(const std::string& file, std::string_view container, std::string_view message);

}  // namespace nvinject::compat
