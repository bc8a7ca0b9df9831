// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of the classic prestart hook, in the manner of Go's flag package: one or two
// dashes, flags before the verb.
//
//   nvidia-container-runtime-hook [-debug] [-version] [-config FILE] prestart|poststart|poststop
//   nvidia-container-runtime-hook -h|-help

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject::compat {

enum class PrestartVerb { kNone, kPrestart, kPoststart, kPoststop };

struct PrestartCommand {
  PrestartVerb verb = PrestartVerb::kNone;  // kNone: only with `help` or `version`
  bool help = false;
  bool version = false;
  bool debug = false;
  std::string config_file;
  bool operator==(const PrestartCommand&) const = default;
};

// `args` without argv[0]. kInvalidRequest: usage is to be shown.
[[nodiscard]] Result<PrestartCommand> parse_prestart_argv(
    const std::vector<std::string_view>& args);

}  // namespace nvinject::compat
