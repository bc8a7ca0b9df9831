// SPDX-License-Identifier: Apache-2.0
// nvidia-docker's command line: words separated by line feeds; the first is NV_GPU, the second an
// --env-file. Whatever docker would make of the line, all of the user's words are still in it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "compat/docker/docker_argv.h"
#include "compat/docker/docker_program.h"
#include "compat/docker/plan_command.h"
#include "core/base/text.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words;
  for (const std::string_view word :
       split(std::string_view(reinterpret_cast<const char*>(data), size), '\n')) {
    words.emplace_back(word);
  }
  words.resize(std::max<std::size_t>(words.size(), 2));
  const std::vector<std::string> arguments(words.begin() + 2, words.end());
  const DockerCommand command = parse_docker_argv(arguments);
  const DockerPlan plan =
      plan_docker_command(arguments, command, {.nv_gpu = words[0], .env_files = {words[1]}});
  const std::size_t added = plan.arguments.size() - arguments.size();
  if (command.subcommand == DockerSubcommand::kMakesContainer) {
    check(added == 1 || added == 3);
    const std::string& subcommand = arguments.at(command.behind_subcommand - 1);
    check(subcommand == "run" || subcommand == "create");
  } else {
    check(added == 0);
  }
  std::vector<std::string> without = plan.arguments;
  const auto first = without.begin() + static_cast<std::ptrdiff_t>(command.behind_subcommand);
  without.erase(first, first + static_cast<std::ptrdiff_t>(added));
  check(without == arguments);
  check(shell_line(plan.arguments).find('\n') == std::string::npos);
  return 0;
}
