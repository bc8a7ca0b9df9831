// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/docker_argv.h"

#include <algorithm>
#include <span>

namespace nvinject::compat {
namespace {

using Arguments = std::vector<std::string>;

// Of docker itself: those that take the next argument as their value. All others are switches.
constexpr std::string_view kGlobalValueFlags[] = {
    "config", "context", "c", "host", "H", "log-level", "l", "tlscacert", "tlscert", "tlskey"};

// Of run and create it is the other way round: few are switches, and docker's next version adds
// rather a flag with a value.
constexpr std::string_view kContainerSwitches[] = {"detach",
                                                   "d",
                                                   "disable-content-trust",
                                                   "help",
                                                   "init",
                                                   "interactive",
                                                   "i",
                                                   "no-healthcheck",
                                                   "oom-kill-disable",
                                                   "privileged",
                                                   "publish-all",
                                                   "P",
                                                   "quiet",
                                                   "q",
                                                   "read-only",
                                                   "rm",
                                                   "sig-proxy",
                                                   "tty",
                                                   "t",
                                                   "use-api-socket"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool global_takes_value(std::string_view name) { return contains(kGlobalValueFlags, name); }
bool of_container_takes_value(std::string_view name) { return !contains(kContainerSwitches, name); }

// Walks the flags of one argument and what they take from the next ones; returns where to go on.
template <class Take>
std::size_t walk_long_flag(const Arguments& arguments, std::size_t at,
                           bool (*takes_value)(std::string_view), Take take) {
  const std::string_view flag = std::string_view(arguments[at]).substr(2);
  const std::size_t equals = flag.find('=');
  if (equals != std::string_view::npos) {
    take(flag.substr(0, equals), flag.substr(equals + 1));
  } else if (takes_value(flag) && at + 1 < arguments.size()) {
    take(flag, arguments[++at]);
  } else {
    take(flag, {});
  }
  return at + 1;
}

// "-itePATH" is -i, -t and -e PATH; "-e=PATH" and "-e PATH" are the same.
template <class Take>
std::size_t walk_short_flags(const Arguments& arguments, std::size_t at,
                             bool (*takes_value)(std::string_view), Take take) {
  std::string_view letters = std::string_view(arguments[at]).substr(1);
  while (!letters.empty()) {
    const std::string_view letter = letters.substr(0, 1);
    letters.remove_prefix(1);
    if (letters.starts_with('=')) {  // of a switch, too: "-t=false"
      take(letter, letters.substr(1));
      break;
    }
    if (!takes_value(letter)) {
      take(letter, {});
      continue;
    }
    if (!letters.empty()) {
      take(letter, letters);
    } else if (at + 1 < arguments.size()) {
      take(letter, arguments[++at]);
    }
    break;
  }
  return at + 1;
}

// Calls `take(name, value)` for each flag from `at` on. Returns the position of the first argument
// that is no flag; of "--", behind which there are none; or of the end.
template <class Take>
std::size_t walk_flags(const Arguments& arguments, std::size_t at,
                       bool (*takes_value)(std::string_view), Take take) {
  while (at < arguments.size()) {
    const std::string_view argument = arguments[at];
    if (argument.size() < 2 || argument.front() != '-' || argument == "--") break;
    at = argument.starts_with("--") ? walk_long_flag(arguments, at, takes_value, take)
                                    : walk_short_flags(arguments, at, takes_value, take);
  }
  return at;
}

}  // namespace

DockerCommand parse_docker_argv(const Arguments& arguments) {
  DockerCommand command;
  std::size_t at = walk_flags(arguments, 0, &global_takes_value,
                              [](std::string_view /*name*/, std::string_view /*value*/) {});
  const auto is = [&](std::string_view word) {
    return at < arguments.size() && arguments[at] == word;
  };
  if (is("version")) command.subcommand = DockerSubcommand::kVersion;
  if (is("container")) ++at;
  if (!is("run") && !is("create")) return command;
  command.subcommand = DockerSubcommand::kMakesContainer;
  command.behind_subcommand = at + 1;
  walk_flags(arguments, command.behind_subcommand, &of_container_takes_value,
             [&](std::string_view name, std::string_view value) {
               if (name == "env" || name == "e") command.env.emplace_back(value);
               if (name == "env-file") command.env_files.emplace_back(value);
               if (name == "gpus") command.gpus = true;
             });
  return command;
}

}  // namespace nvinject::compat
