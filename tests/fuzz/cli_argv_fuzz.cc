// SPDX-License-Identifier: Apache-2.0
// The command line of nvidia-container-cli, one argument a line; a front door hands on what images
// and pods ask for. What is understood must be what the program needs, and can be asked for again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "compat/cli/cli_argv.h"
#include "compat/cli/device_request.h"
#include "compat/cli/usage.h"
#include "core/base/text.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_configure(const CommandLine& line) {
  const ConfigureOptions& options = line.configure;
  check(options.rootfs.size() > 1 && options.rootfs.front() == '/');
  check(!options.pid || *options.pid > 0);
  check(options.requirements.size() <= 32);
  const auto request = make_configure_request(line);
  if (request) check(!request->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> args;
  if (!text.empty()) args = split(text, '\n');
  const auto line = parse_cli_argv(args);
  if (!line) {
    check(!line.error().message.empty());
    check(line.error().code == ErrorCode::kInvalidRequest ||
          line.error().code == ErrorCode::kUnsupported);
    return 0;
  }
  check((line->help != CliHelp::kNone) == !print_help(*line).empty());
  if (line->help != CliHelp::kNone) return 0;
  check(line->command != CliCommand::kNone && line->driver_root.front() == '/');
  if (line->wanted.devices) check(line->wanted.devices->size() <= 512);
  if (line->command == CliCommand::kConfigure) check_configure(*line);
  return 0;
}
