// SPDX-License-Identifier: Apache-2.0

// nvidia-container-runtime: stands where a container engine expects runc. When a container is made,
// its bundle gets what it asks for; then, and for every other subcommand at once, the low-level
// runtime takes this process over with the same arguments and environment.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "compat/runtime/inject.h"
#include "compat/runtime/log.h"
#include "compat/runtime/low_level_runtime.h"
#include "compat/runtime/runc_argv.h"
#include "core/config/config.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

constexpr int kExitFailed = 1;
constexpr int kExitInternal = 70;  // EX_SOFTWARE

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Replaces this process; returns only with the reason why it could not.
Error exec_runtime(const HostPath& runtime, char** argv) {
  argv[0] = const_cast<char*>(runtime.c_str());  // execve(2) does not write to it
  ::execve(runtime.c_str(), argv, environ);
  return fail_errno("execute", runtime.string(), errno).value();
}

int run(int argc, char** argv) {
  const RuncCommand command =
      parse_runc_argv(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
  if (command.version) {
    std::puts("NVIDIA Container Runtime version " NVINJECT_VERSION " (nvinject)\nspec: 1.3.0\n");
    std::fflush(stdout);
  }
  const Result<Config> config =
      load_config({.config_file_path = environment("NVIDIA_CTK_CONFIG_FILE_PATH"),
                   .config_home = environment("XDG_CONFIG_HOME")});
  // With a broken config the defaults name the runtime: a container without GPU must still start.
  const RuntimeConfig& runtime_config = config ? config->runtime : RuntimeConfig{};
  const auto runtime = find_low_level_runtime(runtime_config.runtimes, environment("PATH"));
  if (!runtime) {
    report_error(command, runtime.error().message);
    return kExitFailed;
  }
  if (command.makes_container()) {
    if (auto injected = inject_into_bundle(command, config); !injected) {
      report_error(command, injected.error().message);
      return kExitFailed;
    }
  }
  report_error(command, exec_runtime(*runtime, argv).message);
  return kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "nvidia-container-runtime: internal error: %s\n", problem.what());
    return kExitInternal;
  }
}
