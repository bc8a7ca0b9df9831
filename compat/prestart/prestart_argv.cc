// SPDX-License-Identifier: Apache-2.0
#include "compat/prestart/prestart_argv.h"

#include <optional>
#include <utility>

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

constexpr std::pair<std::string_view, PrestartVerb> kVerbs[] = {
    {"prestart", PrestartVerb::kPrestart},
    {"poststart", PrestartVerb::kPoststart},
    {"poststop", PrestartVerb::kPoststop},
};

Result<PrestartVerb> parse_verb(std::string_view word) {
  for (const auto& [name, verb] : kVerbs) {
    if (name == word) return verb;
  }
  return fail(ErrorCode::kInvalidRequest, "do " + quote(word) + ": not a command of this hook");
}

// "true" and the like, as Go reads them; nothing for what is none.
std::optional<bool> parse_switch(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

// Go's flag package takes one dash or two, and a value behind "=".
struct Flag {
  std::string_view name;
  std::optional<std::string_view> value;
};

bool is_flag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

Flag split_flag(std::string_view word) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return {.name = word, .value = std::nullopt};
  return {.name = word.substr(0, equals), .value = word.substr(equals + 1)};
}

// -debug and -version.
Result<void> set_switch(PrestartCommand& command, std::string_view word) {
  const Flag flag = split_flag(word);
  if (flag.name != "debug" && flag.name != "version") {
    return fail(ErrorCode::kInvalidRequest, "read flag " + quote(word) + ": not known");
  }
  const auto on = parse_switch(flag.value.value_or("true"));
  if (!on) {
    return fail(ErrorCode::kInvalidRequest,
                "read flag " + quote(word) + ": neither true nor false");
  }
  (flag.name == "debug" ? command.debug : command.version) = *on;
  return {};
}

}  // namespace

Result<PrestartCommand> parse_prestart_argv(const std::vector<std::string_view>& args) {
  PrestartCommand command;
  std::size_t at = 0;
  for (; at < args.size() && is_flag(args[at]); ++at) {
    if (args[at] == "--") {
      ++at;
      break;
    }
    Flag flag = split_flag(args[at]);
    if (flag.name == "h" || flag.name == "help") {
      command.help = true;
      return command;
    }
    if (flag.name != "config") {
      NVINJECT_RETURN_IF_ERROR(set_switch(command, args[at]));
      continue;
    }
    if (!flag.value && at + 1 < args.size()) flag.value = args[++at];
    if (!flag.value) {
      return fail(ErrorCode::kInvalidRequest, "read flag '-config': no file is named");
    }
    command.config_file = *flag.value;
  }
  if (command.version) return command;
  if (at >= args.size()) {
    return fail(ErrorCode::kInvalidRequest, "read the arguments: no command is given");
  }
  NVINJECT_ASSIGN_OR_RETURN(command.verb, parse_verb(args[at]));
  return command;
}

}  // namespace nvinject::compat
