// SPDX-License-Identifier: Apache-2.0
#include "core/cli/configure.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

class Configure : public ::testing::Test {
 protected:
  [[nodiscard]] ConfigureOptions options(Engine engine) const {
    return {.engine = engine,
            .config_file = path("etc/file"),
            .hooks_directory = path("hooks"),
            .runtime_path = path("bin/runtime"),
            .hook_path = path("bin/nvidia-container-runtime-hook")};
  }
  [[nodiscard]] std::string path(const char* below) const { return node_.tree().path(below); }
  [[nodiscard]] std::string read(const char* below) const { return node_.tree().read(below); }

  // What is printed by a run that succeeds.
  static std::string printed(const ConfigureOptions& options) {
    CaptureStdout();
    EXPECT_EQ(configure(Config(), options), kExitOk);
    return GetCapturedStdout();
  }
  DriverRootTree node_{
      "x bin/runtime\nx bin/nvidia-container-runtime-hook\nx bin/nvidia-container-toolkit\nt "
      "bin/text \"\"\n"};
};

TEST_F(Configure, DockerMergesIntoItsFileOnce) {
  ConfigureOptions docker = options(Engine::kDocker);
  node_.tree().file("etc/file", "{\n  \"debug\": true\n}\n");
  EXPECT_THAT(printed(docker), HasSubstr("systemctl reload docker"));
  EXPECT_THAT(read("etc/file"), HasSubstr("\"path\": \"" + path("bin/runtime") + "\""));
  EXPECT_EQ(read("etc/file.nvinject-backup"), "{\n  \"debug\": true\n}\n");
  EXPECT_EQ(printed(docker), "nothing to change\n");
  EXPECT_EQ(read("etc/file.nvinject-backup"), "{\n  \"debug\": true\n}\n") << "still the first";
  docker.action = ConfigureAction::kRemove;
  printed(docker);
  EXPECT_EQ(read("etc/file"), "{\n  \"debug\": true\n}\n");
  EXPECT_EQ(printed(docker), "nothing to change\n");
}

TEST_F(Configure, DockerIsReloadedWhereThatIsEnough) {
  ConfigureOptions docker = options(Engine::kDocker);
  EXPECT_THAT(plan_configuration(docker)->restart, ElementsAre("reload", "docker.service"));
  docker.action = ConfigureAction::kRemove;
  EXPECT_THAT(plan_configuration(docker)->restart, ElementsAre("restart", "docker.service"));
  docker.action = ConfigureAction::kAdd;
  docker.cdi = true;
  EXPECT_THAT(plan_configuration(docker)->restart, ElementsAre("restart", "docker.service"));
}

TEST_F(Configure, RemovingFromAFileThatIsNotThereChangesNothing) {
  ConfigureOptions docker = options(Engine::kDocker);
  docker.action = ConfigureAction::kRemove;
  docker.runtime_path.clear();
  for (const Engine engine : {Engine::kDocker, Engine::kPodman, Engine::kCrio}) {
    docker.engine = engine;
    EXPECT_EQ(printed(docker), "nothing to change\n");
  }
  EXPECT_EQ(node_.tree().entries(""), 1U);
}

TEST_F(Configure, DryRunShowsADiffAndWritesNothing) {
  for (const Engine engine : {Engine::kDocker, Engine::kPodman, Engine::kCrio}) {
    ConfigureOptions wanted = options(engine);
    wanted.outcome = ConfigureOutcome::kShow;
    wanted.restart = true;
    EXPECT_THAT(printed(wanted), HasSubstr("--- /dev/null\n+++ " + path("")));
  }
  EXPECT_EQ(node_.tree().entries(""), 1U);
}

TEST_F(Configure, PodmanGetsTheHook) {
  ConfigureOptions podman = options(Engine::kPodman);
  printed(podman);
  EXPECT_THAT(read("hooks/oci-nvidia-hook.json"),
              HasSubstr(path("bin/nvidia-container-runtime-hook")));
  EXPECT_EQ(node_.tree().entries(""), 2U) << "and no file of its own";
  podman.action = ConfigureAction::kRemove;
  printed(podman);
  EXPECT_THAT(plan_configuration(podman)->restart, IsEmpty());
  EXPECT_EQ(node_.tree().entries("hooks"), 0U) << "it can be written again";
}

TEST_F(Configure, AHookOfTheClassicToolkitIsLentNotOwned) {
  const std::string classic =
      R"({"hook":{"path":"/usr/bin/nvidia-container-toolkit","env":["A=1"]},"when":{"always":true}})";
  node_.tree().file("hooks/oci-nvidia-hook.json", classic);
  ConfigureOptions podman = options(Engine::kPodman);
  printed(podman);
  EXPECT_THAT(read("hooks/oci-nvidia-hook.json"), HasSubstr(R"("env":["A=1"])"));
  EXPECT_THAT(read("hooks/oci-nvidia-hook.json"), HasSubstr(podman.hook_path));
  EXPECT_EQ(printed(podman), "nothing to change\n");
  // Another place for the same program: what was kept is still the first.
  podman.hook_path = path("bin/nvidia-container-toolkit");
  printed(podman);
  EXPECT_EQ(read("hooks/oci-nvidia-hook.json.nvinject-backup"), classic);

  podman.action = ConfigureAction::kRemove;
  for (const char* const said : {"what it was before", "stays: it is not as nvinject wrote it"}) {
    CaptureStderr();
    printed(podman);
    EXPECT_THAT(GetCapturedStderr(), HasSubstr(said));
    EXPECT_EQ(read("hooks/oci-nvidia-hook.json"), classic);
  }
}

TEST_F(Configure, CrioGetsTheHookAndTheRuntime) {
  ConfigureOptions crio = options(Engine::kCrio);
  crio.set_as_default = true;
  EXPECT_THAT(printed(crio), HasSubstr("systemctl restart crio"));
  EXPECT_THAT(read("etc/file"), HasSubstr("default_runtime = \"nvidia\""));
  EXPECT_THAT(read("etc/file"), HasSubstr("runtime_path = \"" + path("bin/runtime") + "\""));
  crio.action = ConfigureAction::kRemove;
  printed(crio);
  EXPECT_EQ(node_.tree().entries("etc"), 0U) << "CRI-O would read a backup, too";
}

TEST_F(Configure, FilesOfOthersStay) {
  node_.tree().file("hooks/oci-nvidia-hook.json", R"({"hook":{"path":"/usr/bin/other"}})");
  CaptureStderr();
  EXPECT_EQ(configure(Config(), options(Engine::kCrio)), kExitFailed);
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("oci-nvidia-hook.json"));
  EXPECT_EQ(node_.tree().entries(""), 2U) << "the drop-in is not written either";
  node_.tree().file("etc/file", "[crio]\n");
  ConfigureOptions crio = options(Engine::kCrio);
  crio.hooks_directory = path("other-hooks");
  CaptureStderr();
  EXPECT_EQ(configure(Config(), crio), kExitFailed);
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("etc/file"));
  EXPECT_EQ(read("etc/file"), "[crio]\n");
}

TEST_F(Configure, RefusesProgramsAndNamesThatWouldBreakContainers) {
  ConfigureOptions docker = options(Engine::kDocker);
  for (const char* const missing : {"bin/absent", "bin/text", "bin"}) {
    docker.runtime_path = path(missing);
    EXPECT_THAT(plan_configuration(docker), FailsWith(ErrorCode::kNotFound, missing));
  }
  docker.runtime_path = "nvidia-container-runtime";
  EXPECT_THAT(plan_configuration(docker),
              FailsWith(ErrorCode::kInvalidRequest, "'nvidia-container-runtime'"));
  docker = options(Engine::kDocker);
  for (const char* const name : {"", "runc", "a b", "a/b", "\"", "a\n"}) {
    docker.runtime_name = name;
    EXPECT_THAT(plan_configuration(docker), FailsWith(ErrorCode::kInvalidRequest, "name")) << name;
  }
  docker.runtime_name = "nvidia-2.0_x";
  EXPECT_THAT(plan_configuration(docker), Succeeds());
  ConfigureOptions podman = options(Engine::kPodman);
  podman.hook_path = path("bin/absent");
  EXPECT_THAT(plan_configuration(podman), FailsWith(ErrorCode::kNotFound, "bin/absent"));
}

TEST_F(Configure, ContainerdIsToldAndNotEdited) {
  Config config;
  config.nri.socket = path("nri.sock");
  CaptureStdout();
  EXPECT_EQ(configure(config, {.engine = Engine::kContainerd}), kExitOk);
  EXPECT_THAT(GetCapturedStdout(), HasSubstr("disable = false"));
}

}  // namespace
}  // namespace nvinject::cli
