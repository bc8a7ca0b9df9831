// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each command does, without printing anything.

#include <string>

#include "compat/cli/command_line.h"
#include "compat/live/serve_live.h"
#include "core/base/decision.h"
#include "core/inventory/complete_inventory.h"
#include "core/inventory/roots.h"

namespace nvinject::compat {

struct Answer {
  std::string output;  // for standard output
  Failure failure = Failure::kNone;
  std::string problem;  // with a failure, for format_error_line
  Decisions notes;      // for the log
};

// Works for everybody: without the right to keep what the driver answered, it is asked each time.
[[nodiscard]] Answer report_driver(const CommandLine& line, const Roots& roots,
                                   const CompletionOptions& options);
[[nodiscard]] Answer list_components(const CommandLine& line, const Roots& roots);

// All or nothing. `roots` as the options say.
[[nodiscard]] Answer configure_container(const CommandLine& line, const Roots& roots);

}  // namespace nvinject::compat
