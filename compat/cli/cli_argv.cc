// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/cli_argv.h"

#include <algorithm>
#include <climits>
#include <span>
#include <string>

#include "compat/cli/option_table.h"
#include "compat/cli/read_options.h"
#include "core/base/text.h"
#include "core/request/device_id.h"

namespace nvinject::compat {
namespace {

using Words = std::span<const std::string_view>;

// Without an option, or with nothing but one word about IMEX channels, "list" means everything.
// Another single option does not: `list --no-persistenced` prints nothing.
void complete_list(Words args, CommandLine& line) {
  const bool only_imex = args.size() == 1 && !line.wanted.imex_channels.empty();
  if (!args.empty() && !only_imex) return;
  line.wanted.devices = {"all"};
  line.wanted.compat32 = true;
  line.list = {.libraries = true, .binaries = true, .ipcs = true, .firmwares = true};
}

Result<void> take_rootfs(Words operands, CommandLine& line) {
  if (operands.empty()) return fail(ErrorCode::kInvalidRequest, "ROOTFS is missing");
  const std::string_view rootfs = operands.front();
  const bool is_root = rootfs.find_first_not_of('/') == std::string_view::npos;
  if (!rootfs.starts_with('/') || is_root || rootfs.size() >= PATH_MAX) {
    return fail(ErrorCode::kUnsupported,
                "container error: invalid rootfs directory: " + quote(rootfs) +
                    " is not an absolute path below \"/\"");
  }
  line.configure.rootfs = rootfs;
  return {};
}

bool names_mig_device(const std::string& word) {
  const auto id = parse_device_id(word);
  return id && (id->kind == DeviceIdKind::kMigIndex || id->kind == DeviceIdKind::kMigUuid);
}

// Whoever may reconfigure all MIG devices is not confined to some of them.
Result<void> check_mig_management(const DeviceOptions& wanted) {
  if ((!wanted.mig_config && !wanted.mig_monitor) || !wanted.devices) return {};
  const auto& words = *wanted.devices;
  if (std::find(words.begin(), words.end(), "all") != words.end() ||
      std::none_of(words.begin(), words.end(), names_mig_device)) {
    return {};
  }
  const std::string name = wanted.mig_config ? "mig-config" : "mig-monitor";
  return fail(ErrorCode::kUnsupported,
              name + " error: cannot enable " + name + " with specific MIG devices selected");
}

Result<void> read_command(Words args, CommandLine& line) {
  NVINJECT_ASSIGN_OR_RETURN(
      const auto operands, read_options(args, options_of(line.command), Operands::kAnywhere, line));
  if (line.help != CliHelp::kNone) return {};
  const bool configures = line.command == CliCommand::kConfigure;
  if (operands.size() > (configures ? 1 : 0)) {
    return fail(ErrorCode::kInvalidRequest, "Too many arguments");
  }
  if (line.command == CliCommand::kList) complete_list(args, line);
  if (configures) NVINJECT_RETURN_IF_ERROR(take_rootfs(operands, line));
  return check_mig_management(line.wanted);
}

}  // namespace

Result<CommandLine> parse_cli_argv(const std::vector<std::string_view>& args) {
  CommandLine line;
  NVINJECT_ASSIGN_OR_RETURN(const auto rest, read_options(args, options_of(CliCommand::kNone),
                                                          Operands::kFirstEnds, line));
  if (line.help != CliHelp::kNone) return line;
  if (rest.empty()) return fail(ErrorCode::kInvalidRequest, "COMMAND is missing");
  for (const CommandRow& row : command_table()) {
    if (row.name == rest.front()) line.command = row.command;
  }
  if (line.command == CliCommand::kNone) {
    return fail(ErrorCode::kInvalidRequest, "unknown command " + quote(rest.front()));
  }
  NVINJECT_RETURN_IF_ERROR(read_command(Words(rest).subspan(1), line));
  return line;
}

}  // namespace nvinject::compat
