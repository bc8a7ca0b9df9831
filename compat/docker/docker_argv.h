// SPDX-License-Identifier: Apache-2.0
#pragma once

// A command line of docker, read as docker reads it (pflag: flags end at the first argument), as
// far as nvidia-docker has to understand it. The line itself is handed on untouched.
//
//   docker -H tcp://h --debug container run -it --name run -e A=1 IMAGE run -e B=2
//          \________________/ \___________/ \___________________/ \____________/
//             global flags      subcommand    its flags             the container's own
//
// It knows which flags take a value; it refuses to know what else docker can do: any other
// subcommand, the words "run" and "create" anywhere else included, is not ours.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nvinject::compat {

enum class DockerSubcommand { kOther, kVersion, kMakesContainer };

struct DockerCommand {
  DockerSubcommand subcommand = DockerSubcommand::kOther;
  // The rest only with kMakesContainer.
  std::size_t behind_subcommand = 0;   // where in the arguments its flags begin
  std::vector<std::string> env;        // values of -e and --env, in their order
  std::vector<std::string> env_files;  // values of --env-file; docker reads them before all env
  bool gpus = false;                   // --gpus is given
  bool operator==(const DockerCommand&) const = default;
};

// `arguments` without the program name.
[[nodiscard]] DockerCommand parse_docker_argv(const std::vector<std::string>& arguments);

}  // namespace nvinject::compat
