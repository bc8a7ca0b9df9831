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

constexpr int kExitFailed = 1;  // as runc's own failures

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

int run(const RuncCommand& command, char** argv) {
  if (command.version) {
    std::puts("NVIDIA Container Runtime version " NVINJECT_VERSION " (nvinject)\nspec: 1.3.0\n");
    std::fflush(stdout);
  }
  const ConfigEnvironment place{.config_file_path = environment("NVIDIA_CTK_CONFIG_FILE_PATH"),
                                .config_home = environment("XDG_CONFIG_HOME"),
                                .mps_pipes = environment("CUDA_MPS_PIPE_DIRECTORY")};
  const Result<Config> config = load_config(place);
  // A broken config must neither keep a container without GPU from starting nor one that runs from
  // being stopped by the runtime that made it.
  const auto runtime = find_low_level_runtime(
      config ? config->runtime.runtimes : load_runtimes_only(place), environment("PATH"));
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
  RuncCommand command;
  try {
    command =
        parse_runc_argv(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
    return run(command, argv);
  } catch (const std::exception& problem) {
    report_error(command, std::string("internal error: ") + problem.what());
    return kExitFailed;
  }
}
