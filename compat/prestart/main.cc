// SPDX-License-Identifier: Apache-2.0

// nvidia-container-runtime-hook: the classic prestart hook. `docker run --gpus`, hooks.d of CRI-O
// and Podman, and the shim's mode "legacy" run it as root while a container is being made, with any
// environment: a static program, which no LD_… variable means anything to; what it needs of the
// environment is read first, the rest is dropped. It runs nothing of the container, and no other
// program where the node is prepared.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "compat/live/debug_log.h"
#include "compat/live/door_capabilities.h"
#include "compat/prestart/prestart_argv.h"
#include "compat/prestart/run_prestart.h"
#include "core/base/text.h"
#include "core/os/capabilities.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

constexpr int kExitUsage = 2;
constexpr int kStandardInput = 0;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// A runtime shows standard error when the hook fails: one line.
void say(std::string_view text) {
  std::fprintf(stderr, "%s\n", without_control_characters(text).c_str());
}

void show_usage() {
  std::fputs(
      "usage: nvidia-container-runtime-hook [-debug] [-version] [-config FILE] COMMAND\n"
      "  prestart    give the container whose OCI state is read from standard input its GPUs\n"
      "  poststart   nothing\n"
      "  poststop    nothing\n",
      stderr);
}

int refuse(std::string_view problem) {
  say("nvidia-container-runtime-hook: " + std::string(problem));
  show_usage();
  return kExitUsage;
}

// A container that asks for nothing leaves no trace. With -debug it goes where the one line goes.
void write_log(const Decisions& decisions, const Result<void>& done, const std::string& file) {
  if (decisions.empty() && done) return;
  const DebugLog log(file);
  log.write(decisions);
  if (!done) log.write(LogLevel::kError, done.error().message);
}

int prestart(const PrestartCommand& command) {
  ConfigEnvironment place{.config_file_path = environment("NVIDIA_CTK_CONFIG_FILE_PATH"),
                          .config_home = environment("XDG_CONFIG_HOME"),
                          .mps_pipes = environment("CUDA_MPS_PIPE_DIRECTORY")};
  if (!command.config_file.empty()) place.config_file_path = command.config_file;
  ::clearenv();
  const Result<Config> config = load_config(place);
  if (auto cut = cut_capabilities(kDoorCapabilities); !cut) {
    say("nvidia-container-cli: permission error: " + cut.error().message);
    return EXIT_FAILURE;
  }
  Decisions decisions;
  auto done = run_prestart(kStandardInput, config, decisions);
  if (auto dropped = drop_capabilities(); !dropped && done) done = std::move(dropped);
  write_log(decisions, done,
            command.debug ? "/dev/stderr"
            : config      ? config->hook.debug_file
                          : std::string());
  if (done) return EXIT_SUCCESS;
  say(done.error().message);
  return EXIT_FAILURE;
}

int run(const std::vector<std::string_view>& args) {
  const auto command = parse_prestart_argv(args);
  if (!command) return refuse(command.error().message);
  if (command->help) {
    show_usage();
    return EXIT_SUCCESS;
  }
  if (command->version) {
    std::puts("NVIDIA Container Runtime Hook version " NVINJECT_VERSION " (nvinject)");
    return EXIT_SUCCESS;
  }
  return command->verb == PrestartVerb::kPrestart ? prestart(*command) : EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& problem) {
    say(std::string("nvidia-container-runtime-hook: internal error: ") + problem.what());
    return EXIT_FAILURE;
  }
}
