// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/runc_argv.h"

#include <algorithm>
#include <optional>
#include <span>

namespace nvinject::compat {
namespace {

// Flags that take the next argument as their value unless it is given with "=". All others are
// switches. Those of runc (main.go, create.go, run.go) and of crun (src/crun.c, src/create.c,
// src/run.c).
constexpr std::string_view kGlobalValueFlags[] = {"log",  "log-format", "log-level",     "root",
                                                  "criu", "rootless",   "cgroup-manager"};
constexpr std::string_view kCreateValueFlags[] = {
    "bundle", "b", "config", "f", "console-socket", "pid-file", "preserve-fds", "pidfd-socket"};

struct Flag {
  std::string_view name;
  std::optional<std::string_view> value;  // behind "="
};

// One or two dashes are the same to Go's flag package; a lone "-" is an argument.
std::optional<Flag> parse_flag(std::string_view argument) {
  if (argument.size() < 2 || argument.front() != '-') return std::nullopt;
  argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos) return Flag{argument, std::nullopt};
  return Flag{argument.substr(0, equals), argument.substr(equals + 1)};
}

// Walks arguments and calls `take(name, value)` for each flag. Returns the position of the first
// argument that is no flag (Stop::kAtArgument) or of the end.
enum class Stop { kAtArgument, kAtEnd };

template <class Take>
std::size_t walk_flags(const std::vector<std::string_view>& arguments, std::size_t at,
                       std::span<const std::string_view> value_flags, Stop stop, Take take) {
  for (; at < arguments.size(); ++at) {
    if (arguments[at] == "--") return at + 1;
    const auto flag = parse_flag(arguments[at]);
    if (!flag) {
      if (stop == Stop::kAtArgument) return at;
      continue;  // runc moves the flags of a subcommand in front of its arguments
    }
    std::string_view value = flag->value.value_or("");
    const bool takes_value =
        std::find(value_flags.begin(), value_flags.end(), flag->name) != value_flags.end();
    if (takes_value && !flag->value && at + 1 < arguments.size()) value = arguments[++at];
    take(flag->name, value);
  }
  return at;
}

}  // namespace

RuncCommand parse_runc_argv(const std::vector<std::string_view>& arguments) {
  RuncCommand command;
  const std::size_t at = walk_flags(arguments, 0, kGlobalValueFlags, Stop::kAtArgument,
                                    [&](std::string_view name, std::string_view value) {
                                      if (name == "log") command.log_file = value;
                                      if (name == "version") command.version = true;
                                      if (name == "log-format") {
                                        command.log_format =
                                            value == "json" ? LogFormat::kJson : LogFormat::kText;
                                      }
                                    });
  if (at >= arguments.size()) return command;
  command.subcommand = arguments[at];
  if (!command.makes_container()) return command;
  walk_flags(arguments, at + 1, kCreateValueFlags, Stop::kAtEnd,
             [&](std::string_view name, std::string_view value) {
               if (name == "bundle" || name == "b") command.bundle = value;
               if (name == "config" || name == "f") command.config_file = value;
             });
  return command;
}

}  // namespace nvinject::compat
