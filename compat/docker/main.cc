// SPDX-License-Identifier: Apache-2.0

// nvidia-docker: docker, with GPUs. `run` and `create` get the runtime nvidia and the GPUs that
// NV_GPU names; then docker takes this process over, so terminal, signals and exit status are its
// own.

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "compat/docker/docker_argv.h"
#include "compat/docker/docker_program.h"
#include "compat/docker/plan_command.h"
#include "core/base/text.h"
#include "core/os/file.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

// As a shell says that a program is not there, or cannot be started.
constexpr int kExitNotFound = 127;
constexpr int kExitNotStarted = 126;
constexpr int kExitInternal = 70;  // EX_SOFTWARE

constexpr std::size_t kMaxEnvFileBytes = 1024UL * 1024UL;

Setting environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? Setting() : Setting(value);
}

void say(std::string_view text) {
  std::fprintf(stderr, "nvidia-docker: %s\n", without_control_characters(text).c_str());
}

// A file that cannot be read is docker's to complain of. A pipe can be read once, by docker.
std::vector<std::string> read_env_files(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  for (const std::string& name : names) {
    struct stat facts{};
    if (::stat(name.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    if (auto text = read_file(HostPath(name), kMaxEnvFileBytes)) texts.push_back(*std::move(text));
  }
  return texts;
}

// Replaces this process; returns only with the reason why it could not.
Error exec_docker(const DockerProgram& docker, std::vector<std::string>& words) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execve(docker.path.c_str(), argv.data(), environ);
  return fail_errno("execute", docker.path.string(), errno).value();
}

int run(const std::vector<std::string>& arguments) {
  const auto docker =
      find_docker(environment("NV_DOCKER").value_or(""), environment("PATH").value_or(""));
  if (!docker) {
    say(docker.error().message);
    return kExitNotFound;
  }
  const DockerCommand command = parse_docker_argv(arguments);
  const DockerPlan plan =
      plan_docker_command(arguments, command,
                          {.nv_gpu = environment("NV_GPU").value_or(""),
                           .inherited = environment(std::string(kVisibleDevices).c_str()),
                           .env_files = read_env_files(command.env_files)});
  for (const std::string& warning : plan.warnings) say("warning: " + warning);
  if (command.subcommand == DockerSubcommand::kVersion) {
    std::puts("NVIDIA Docker: " NVINJECT_VERSION " (nvinject)");
    std::fflush(stdout);
  }
  std::vector<std::string> words = docker->words;
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  if (!environment("NV_DEBUG").value_or("").empty()) {
    std::fprintf(stderr, "+ %s\n", shell_line(words).c_str());
  }
  say(exec_docker(*docker, words).message);
  return kExitNotStarted;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& problem) {
    say(std::string("internal error: ") + problem.what());
    return kExitInternal;
  }
}
