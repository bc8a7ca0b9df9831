// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/plan_command.h"

#include <gmock/gmock.h>

namespace nvinject::compat {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

DockerPlan plan(const Words& arguments, const DockerSurroundings& surroundings) {
  return plan_docker_command(arguments, parse_docker_argv(arguments), surroundings);
}

TEST(PlanDockerCommand, InsertsRuntimeAndGpusRightBehindTheSubcommand) {
  EXPECT_EQ(plan({"-D", "run", "--rm", "image", "run"}, {.nv_gpu = "0 3"}).arguments,
            (Words{"-D", "run", "--runtime=nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=0,3", "--rm",
                   "image", "run"}));
  EXPECT_EQ(plan({"container", "create", "image"}, {.nv_gpu = "GPU-1"}).arguments,
            (Words{"container", "create", "--runtime=nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=GPU-1",
                   "image"}));
}

TEST(PlanDockerCommand, LeavesTheGpusToTheImageWithoutNvGpu) {
  for (const char* const nv_gpu : {"", " ", ","}) {
    const DockerPlan made =
        plan({"run", "-e", "NVIDIA_VISIBLE_DEVICES=1", "image"}, {.nv_gpu = nv_gpu});
    EXPECT_EQ(made.arguments,
              (Words{"run", "--runtime=nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=1", "image"}));
    EXPECT_THAT(made.warnings, IsEmpty());
  }
}

TEST(PlanDockerCommand, ChangesNothingElse) {
  for (const Words& arguments : {Words{}, Words{"version"}, Words{"volume", "create", "run"},
                                 Words{"compose", "run", "s"}, Words{"exec", "c", "run"}}) {
    const DockerPlan made = plan(arguments, {.nv_gpu = "0"});
    EXPECT_EQ(made.arguments, arguments);
    EXPECT_THAT(made.warnings, IsEmpty());
  }
}

TEST(PlanDockerCommand, LetsTheUsersOwnVariableWinAndSaysSo) {
  const DockerPlan made = plan({"run", "-eNVIDIA_VISIBLE_DEVICES=1", "image"}, {.nv_gpu = "0,3"});
  EXPECT_EQ(made.arguments, (Words{"run", "--runtime=nvidia", "-e", "NVIDIA_VISIBLE_DEVICES=0,3",
                                   "-eNVIDIA_VISIBLE_DEVICES=1", "image"}))
      << "docker takes the last";
  EXPECT_THAT(made.warnings, ElementsAre(AllOf(HasSubstr("'0,3'"), HasSubstr("'1'"))));
  EXPECT_THAT(
      plan({"run", "-e", "NVIDIA_VISIBLE_DEVICES", "image"}, {.nv_gpu = "0", .inherited = "2"})
          .warnings,
      ElementsAre(HasSubstr("'2'")));
}

TEST(PlanDockerCommand, SaysNothingWhereBothAgree) {
  EXPECT_THAT(
      plan({"run", "-e", "NVIDIA_VISIBLE_DEVICES=0,3", "image"}, {.nv_gpu = "0  3"}).warnings,
      IsEmpty());
  EXPECT_THAT(plan({"run", "--env-file", "f", "image"},
                   {.nv_gpu = "0", .env_files = {"NVIDIA_VISIBLE_DEVICES=0\n"}})
                  .warnings,
              IsEmpty());
}

TEST(PlanDockerCommand, LetsAnEnvFileWinByLeavingOursOut) {
  const DockerPlan made =
      plan({"run", "--env-file", "f", "--env-file", "g", "image"},
           {.nv_gpu = "0", .env_files = {"NVIDIA_VISIBLE_DEVICES=1\n", "A=1\n"}});
  EXPECT_EQ(made.arguments,
            (Words{"run", "--runtime=nvidia", "--env-file", "f", "--env-file", "g", "image"}));
  EXPECT_THAT(made.warnings, ElementsAre(AllOf(HasSubstr("--env-file"), HasSubstr("'1'"))));
}

TEST(PlanDockerCommand, PutsAnEntryBeforeAnEnvFile) {
  const DockerPlan made =
      plan({"run", "--env-file", "f", "-e", "NVIDIA_VISIBLE_DEVICES=0", "image"},
           {.nv_gpu = "0", .env_files = {"NVIDIA_VISIBLE_DEVICES=1\n"}});
  EXPECT_THAT(made.warnings, IsEmpty())
      << "docker reads the file first, and -e says what NV_GPU says";
  EXPECT_EQ(made.arguments[3], "NVIDIA_VISIBLE_DEVICES=0");
}

TEST(PlanDockerCommand, WarnsOfGpus) {
  EXPECT_THAT(plan({"run", "--gpus=all", "image"}, {.nv_gpu = "0"}).warnings,
              ElementsAre(HasSubstr("--gpus")));
  EXPECT_THAT(plan({"run", "--gpus=all", "image"}, {}).warnings, IsEmpty());
}

}  // namespace
}  // namespace nvinject::compat
