// SPDX-License-Identifier: Apache-2.0

// nvidia-container-cli: what the driver is, which files it has, and a container that is already
// there given GPUs. Drop-in for the classic program; it runs nothing but nvinject-probe, and that
// only where "info" asks for what the driver alone knows.

#include <sys/auxv.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "compat/cli/cli_argv.h"
#include "compat/cli/commands.h"
#include "compat/cli/usage.h"
#include "compat/live/debug_log.h"
#include "compat/live/door_capabilities.h"
#include "compat/live/error_line.h"
#include "core/os/capabilities.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

int report(Failure failure, std::string_view problem, const DebugLog& log) {
  const std::string text = format_error_line(failure, problem);
  log.write(LogLevel::kError, text);
  std::fprintf(stderr, "%s\n", text.c_str());
  return EXIT_FAILURE;
}

int refuse(const Error& error) {
  if (error.code != ErrorCode::kInvalidRequest)
    return report(Failure::kInput, error.message, DebugLog(""));
  std::fprintf(stderr, "nvidia-container-cli: %s\n%s", error.message.c_str(), print_hint().c_str());
  return EXIT_FAILURE;
}

int print(std::string_view text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return printed && std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Whoever gained rights by starting us does not also choose which file is written or shown.
std::string environment(const char* name) {
  const char* const value = ::getauxval(AT_SECURE) == 0 ? std::getenv(name) : nullptr;
  return value == nullptr ? std::string() : std::string(value);
}

std::string debug_file(const CommandLine& line) {
  return line.debug_file.empty() ? environment("NVC_DEBUG_FILE") : line.debug_file;
}

Answer serve(const CommandLine& line) {
  Roots roots;
  roots.driver = HostPath(line.driver_root);
  roots.ld_cache = line.ld_cache;
  roots.mps_pipes = environment("CUDA_MPS_PIPE_DIRECTORY");
  if (line.command == CliCommand::kInfo) return report_driver(line, roots, {});
  if (line.command == CliCommand::kList) return list_components(line, roots);
  return configure_container(line, roots);
}

int run(const std::vector<std::string_view>& args) {
  const auto line = parse_cli_argv(args);
  if (!line) return refuse(line.error());
  if (line->help != CliHelp::kNone) return print(print_help(*line));
  const DebugLog log(debug_file(*line));
  if (!cut_capabilities(kDoorCapabilities) ||
      (line->command == CliCommand::kConfigure && !may_raise(kNeededForMounts))) {
    return report(Failure::kPermission, "capability change failed: operation not permitted", log);
  }
  const Answer answer = serve(*line);
  static_cast<void>(drop_capabilities());  // there is nothing left to do with them
  log.write(answer.notes);
  if (answer.failure != Failure::kNone) return report(answer.failure, answer.problem, log);
  return print(answer.output);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& problem) {
    return report(Failure::kNone, std::string("internal error: ") + problem.what(), DebugLog(""));
  }
}
