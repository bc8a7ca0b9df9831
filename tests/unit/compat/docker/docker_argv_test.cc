// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/docker_argv.h"

#include <gmock/gmock.h>

namespace nvinject::compat {
namespace {

using Words = std::vector<std::string>;

struct SubcommandCase {
  const char* name;
  Words arguments;
  std::size_t behind;  // 0: no container is made
};

const SubcommandCase kSubcommandCases[] = {
    {"run", {"run", "image"}, 1},
    {"create", {"create", "image"}, 1},
    {"container run", {"container", "run", "image"}, 2},
    {"container create", {"container", "create", "image"}, 2},
    {"global switch", {"--debug", "run"}, 2},
    {"global flag with a value", {"-H", "tcp://h", "run"}, 3},
    {"global flag joined", {"--host=tcp://h", "-lerror", "run"}, 3},
    {"short flags together", {"-DH", "tcp://h", "run"}, 3},
    {"switch with a value", {"-D=false", "--tls=true", "container", "run"}, 4},
    {"run as the value of a global flag", {"--context", "run", "create"}, 3},
    {"every global flag with a value",
     {"--config",    "run",    "-c",        "run", "--context", "run",         "-H",
      "run",         "--host", "run",       "-l",  "run",       "--log-level", "run",
      "--tlscacert", "run",    "--tlscert", "run", "--tlskey",  "run",         "run"},
     21},
    {"nothing", {}, 0},
    {"only flags", {"--debug"}, 0},
    {"only a flag without its value", {"--host"}, 0},
    {"volume create", {"volume", "create", "run"}, 0},
    {"network create", {"network", "create", "n"}, 0},
    {"compose run", {"compose", "run", "service"}, 0},
    {"exec of a container called run", {"exec", "run", "run"}, 0},
    {"exec of run", {"exec", "c", "npm", "run", "build"}, 0},
    {"container exec", {"container", "exec", "c", "run"}, 0},
    {"image called run", {"pull", "run"}, 0},
    {"container and nothing", {"container"}, 0},
    {"container container run", {"container", "container", "run"}, 0},
    {"run as the value of the only flag", {"-H", "run"}, 0},
    {"behind --", {"--", "run"}, 0},
    {"a lone dash", {"-", "run"}, 0},
    {"empty word", {"", "run"}, 0},
    {"upper case", {"Run"}, 0},
};

TEST(DockerArgv, RunAndCreateCountOnlyAsSubcommands) {
  for (const SubcommandCase& row : kSubcommandCases) {
    const DockerCommand command = parse_docker_argv(row.arguments);
    EXPECT_EQ(command.subcommand == DockerSubcommand::kMakesContainer, row.behind > 0) << row.name;
    EXPECT_EQ(command.behind_subcommand, row.behind) << row.name;
  }
}

TEST(DockerArgv, KnowsVersion) {
  EXPECT_EQ(parse_docker_argv({"version"}).subcommand, DockerSubcommand::kVersion);
  EXPECT_EQ(parse_docker_argv({"-D", "version"}).subcommand, DockerSubcommand::kVersion);
  for (const Words& other :
       {Words{"buildx", "version"}, Words{"--version"}, Words{"run", "version"},
        Words{"-H", "version"}, Words{"container", "version"}}) {
    EXPECT_NE(parse_docker_argv(other).subcommand, DockerSubcommand::kVersion) << other.front();
  }
}

struct EnvCase {
  const char* name;
  Words flags;  // behind "run"
  Words env;
};

const EnvCase kEnvCases[] = {
    {"-e", {"-e", "A=1", "image"}, {"A=1"}},
    {"-e joined", {"-eA=1", "image"}, {"A=1"}},
    {"-e with =", {"-e=A=1", "image"}, {"A=1"}},
    {"--env", {"--env", "A=1", "image"}, {"A=1"}},
    {"--env with =", {"--env=A=1", "image"}, {"A=1"}},
    {"several, in their order",
     {"--env=A=1", "-e", "B=2", "-e", "C", "image"},
     {"A=1", "B=2", "C"}},
    {"behind switches", {"-it", "--rm", "-d=true", "-e", "A=1", "image"}, {"A=1"}},
    {"in one word with switches", {"-iteA=1", "image"}, {"A=1"}},
    {"in the next word", {"-ite", "A=1", "image"}, {"A=1"}},
    {"behind flags with a value", {"--name", "n", "-v", "/a:/b", "-h", "x", "-e", "A=1"}, {"A=1"}},
    {"as a value of another flag", {"--name", "-e", "A=1", "-e", "B=2"}, {}},
    {"of the container's own command", {"image", "-e", "A=1"}, {}},
    {"behind --", {"--", "image", "-e", "A=1"}, {}},
    {"without its value", {"-e"}, {}},
    {"a new flag takes a value", {"--of-next-year", "x", "-e", "A=1", "image"}, {"A=1"}},
};

TEST(DockerArgv, FindsTheUsersVariables) {
  for (const EnvCase& row : kEnvCases) {
    Words arguments = {"run"};
    arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
    EXPECT_EQ(parse_docker_argv(arguments).env, row.env) << row.name;
    arguments.insert(arguments.begin(), "container");
    EXPECT_EQ(parse_docker_argv(arguments).env, row.env) << row.name;
  }
}

TEST(DockerArgv, FindsFilesOfVariablesAndGpus) {
  const DockerCommand command =
      parse_docker_argv({"create", "--env-file", "a", "--env-file=b", "--gpus", "all", "image"});
  EXPECT_EQ(command.env_files, (Words{"a", "b"}));
  EXPECT_TRUE(command.gpus);
  EXPECT_FALSE(parse_docker_argv({"create", "image", "--gpus", "all"}).gpus);
  EXPECT_EQ(parse_docker_argv({"exec", "--env-file", "a", "c"}), DockerCommand());
}

}  // namespace
}  // namespace nvinject::compat
