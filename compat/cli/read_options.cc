// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/read_options.h"

#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

using Rows = std::span<const OptionRow>;
using Argument = std::optional<std::string_view>;

tl::unexpected<Error> misread(std::string message) {
  return fail(ErrorCode::kInvalidRequest, std::move(message));
}

// By its whole name, else by the beginning of only one.
Result<const OptionRow*> find_by_name(std::string_view name, Rows rows) {
  const OptionRow* found = nullptr;
  bool ambiguous = false;
  std::string possibilities;
  for (const OptionRow& row : rows) {
    if (row.name == name) return &row;
    if (!row.name.starts_with(name)) continue;
    ambiguous = found != nullptr;
    found = &row;
    possibilities.append(" '--").append(row.name).append("'");
  }
  const std::string shown = quote("--" + std::string(name));
  if (found == nullptr) return misread("unrecognized option " + shown);
  if (ambiguous) {
    return misread("option " + shown + " is ambiguous; possibilities:" + possibilities);
  }
  return found;
}

const OptionRow* find_by_letter(char letter, Rows rows) {
  for (const OptionRow& row : rows) {
    if (row.letter == letter && letter != '\0') return &row;
  }
  return nullptr;
}

// Both say whether the next word was taken as the argument.
Result<bool> read_long(std::string_view word, Argument next, Rows rows, CommandLine& line) {
  const std::size_t equals = word.find('=');
  NVINJECT_ASSIGN_OR_RETURN(const OptionRow* const row, find_by_name(word.substr(0, equals), rows));
  Argument argument;
  if (equals != std::string_view::npos) argument = word.substr(equals + 1);
  const std::string shown = "option '--" + std::string(row->name) + "'";
  if (argument && row->argument == OptionArgument::kNone) {
    return misread(shown + " doesn't allow an argument");
  }
  const bool takes_next = !argument && row->argument == OptionArgument::kRequired;
  if (takes_next && !next) return misread(shown + " requires an argument");
  if (takes_next) argument = next;
  NVINJECT_RETURN_IF_ERROR(row->set(argument.value_or(std::string_view()), line));
  return takes_next;
}

Result<bool> read_letters(std::string_view letters, Argument next, Rows rows, CommandLine& line) {
  while (!letters.empty() && line.help == CliHelp::kNone) {
    const std::string shown = quote(letters.substr(0, 1));
    const OptionRow* const row = find_by_letter(letters.front(), rows);
    if (row == nullptr) return misread("invalid option -- " + shown);
    letters.remove_prefix(1);
    if (row->argument == OptionArgument::kNone) {
      NVINJECT_RETURN_IF_ERROR(row->set({}, line));
      continue;
    }
    const bool takes_next = letters.empty() && row->argument == OptionArgument::kRequired;
    if (takes_next && !next) return misread("option requires an argument -- " + shown);
    NVINJECT_RETURN_IF_ERROR(row->set(takes_next ? *next : letters, line));
    return takes_next;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string_view>> read_options(std::span<const std::string_view> args,
                                                   Rows rows, Operands operands,
                                                   CommandLine& line) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < args.size() && line.help == CliHelp::kNone; ++i) {
    const std::string_view word = args[i];
    const bool ends_options = word == "--";
    const bool is_option = word.size() > 1 && word.front() == '-';
    if (ends_options || (!is_option && operands == Operands::kFirstEnds)) {
      const auto rest = args.subspan(i + (ends_options ? 1 : 0));
      found.insert(found.end(), rest.begin(), rest.end());
      break;
    }
    if (!is_option) {
      found.push_back(word);
      continue;
    }
    const Argument next = i + 1 < args.size() ? Argument(args[i + 1]) : std::nullopt;
    NVINJECT_ASSIGN_OR_RETURN(const bool took_next,
                              word.starts_with("--")
                                  ? read_long(word.substr(2), next, rows, line)
                                  : read_letters(word.substr(1), next, rows, line));
    if (took_next) ++i;
  }
  return found;
}

}  // namespace nvinject::compat
