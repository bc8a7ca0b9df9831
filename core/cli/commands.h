// SPDX-License-Identifier: Apache-2.0
#pragma once

// The subcommands of nvinject. Each is a window on one stage: it reads, prints and returns the exit
// status.

#include <string>
#include <vector>

#include "core/config/config.h"

namespace nvinject::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // asked for and impossible, or a system error
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNothingAsked = 3;
inline constexpr int kExitInternal = 70;  // EX_SOFTWARE

enum class Output { kText, kJson };

struct ExplainOptions {
  std::string spec;              // a config.json without its root filesystem
  std::string bundle;            // a bundle: its config.json and its root filesystem
  std::vector<std::string> env;  // "NAME=value", added to what the spec has
  Output output = Output::kText;
};

struct StatusOptions {
  std::string socket;  // of the NRI plugin; empty: the config's
  Output output = Output::kText;
};

// A config that could not be read matters only to who asks for a GPU, as in the front doors.
[[nodiscard]] int explain(const Result<Config>& config, const ExplainOptions& options);
[[nodiscard]] int info(const Config& config, Output output);
[[nodiscard]] int list(const Config& config, Output output);
[[nodiscard]] int prepare(const Config& config);
// Both ask the NRI plugin: which container holds which GPU, and what each asked for, has and would
// get.
[[nodiscard]] int who(const Config& config, const StatusOptions& options);
[[nodiscard]] int audit(const Config& config, const StatusOptions& options);

// "nvinject: message" on standard error; returns kExitFailed.
int report(const Error& error);

}  // namespace nvinject::cli
