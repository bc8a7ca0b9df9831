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

}  // namespace

Result<PrestartCommand> parse_prestart_argv(const std::vector<std::string_view>& args) {
  PrestartCommand command;
  std::size_t at = 0;
  for (; at < args.size() && args[at].size() > 1 && args[at].front() == '-'; ++at) {
    std::string_view name = args[at];
    if (name == "--") {
      ++at;
      break;
    }
    name.remove_prefix(name.starts_with("--") ? 2 : 1);
    std::optional<std::string_view> value;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    if (name == "config") {
      if (!value && at + 1 < args.size()) value = args[++at];
      if (!value) return fail(ErrorCode::kInvalidRequest, "read flag '-config': no file is named");
      command.config_file = *value;
      continue;
    }
    const auto on = parse_switch(value.value_or("true"));
    if (!on || (name != "debug" && name != "version")) {
      return fail(ErrorCode::kInvalidRequest, "read flag " + quote(args[at]) + ": not known");
    }
    (name == "debug" ? command.debug : command.version) = *on;
  }
  if (command.version) return command;
  if (at >= args.size()) {
    return fail(ErrorCode::kInvalidRequest, "read the arguments: no command is given");
  }
  NVINJECT_ASSIGN_OR_RETURN(command.verb, parse_verb(args[at]));
  return command;
}

}  // namespace nvinject::compat
