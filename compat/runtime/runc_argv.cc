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

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "-b/bundle", as getopt and so crun reads it; runc knows no such flag and refuses it.
std::optional<Flag> parse_joined_flag(std::string_view argument,
                                      std::span<const std::string_view> value_flags) {
  if (argument.starts_with("--")) return std::nullopt;
  const std::string_view letter = argument.substr(1, 1);
  if (!contains(value_flags, letter)) return std::nullopt;
  return Flag{letter, argument.substr(2)};
}

// Walks arguments and calls `take(name, value)` for each flag. Returns the position of the first
// argument that is no flag (Stop::kAtArgument) or of the end.
enum class Stop { kAtArgument, kAtEnd };

template <class Take>
std::size_t walk_flags(const std::vector<std::string_view>& arguments, std::size_t at,
                       std::span<const std::string_view> value_flags, Stop stop, Take take) {
  for (; at < arguments.size(); ++at) {
    if (arguments[at] == "--") return at + 1;
    auto flag = parse_flag(arguments[at]);
    if (!flag) {
      if (stop == Stop::kAtArgument) return at;
      continue;  // runc moves the flags of a subcommand in front of its arguments
    }
    if (!contains(value_flags, flag->name)) {
      if (const auto joined = parse_joined_flag(arguments[at], value_flags)) flag = joined;
    }
    std::string_view value = flag->value.value_or("");
    const bool takes_next = contains(value_flags, flag->name) && !flag->value;
    if (takes_next && at + 1 < arguments.size()) value = arguments[++at];
    take(flag->name, value);
  }
  return at;
}

// crun also takes "file:/path".
std::string_view log_path(std::string_view value) {
  constexpr std::string_view kFile = "file:";
  if (value.starts_with(kFile)) value.remove_prefix(kFile.size());
  return value;
}

}  // namespace

RuncCommand parse_runc_argv(const std::vector<std::string_view>& arguments) {
  RuncCommand command;
  const std::size_t at = walk_flags(arguments, 0, kGlobalValueFlags, Stop::kAtArgument,
                                    [&](std::string_view name, std::string_view value) {
                                      if (name == "log") command.log_file = log_path(value);
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
