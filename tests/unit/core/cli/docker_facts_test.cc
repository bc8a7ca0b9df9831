// SPDX-License-Identifier: Apache-2.0
#include "core/cli/docker_facts.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/driver_root.h"
#include "tests/unit/core/cli/fake_dockerd.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::docker_answer;
using nvinject::testing::DriverRootTree;
using nvinject::testing::FakeDockerd;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Problem first_of(const Problems& problems) { return problems.empty() ? Problem() : problems[0]; }

class DockerFactsOf : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const char* below) const { return node_.tree().path(below); }
  [[nodiscard]] DockerFacts read() const {
    Config config;
    config.roots = node_.roots();
    return read_docker_facts(config, options_);
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("debian-550");
  DoctorOptions options_{.daemon_json = node_.tree().path("etc/daemon.json"),
                         .socket = node_.tree().path("docker/docker.sock"),
                         .search_path = "/absent"};
};

TEST_F(DockerFactsOf, AFreshMachineSayThatAllIsMissing) {
  const DockerFacts facts = read();
  EXPECT_THAT(first_of(facts.dockerd).what, HasSubstr("not running"));
  EXPECT_EQ(facts.info, std::nullopt);
  EXPECT_EQ(facts.daemon_json_problem, std::nullopt) << "no file is no problem";
  EXPECT_FALSE(facts.runtime_is_program);
  EXPECT_EQ(facts.nvidia_docker, std::nullopt);
  EXPECT_THAT(facts.cdi_directories, ElementsAre("/etc/cdi", "/var/run/cdi"));
  EXPECT_EQ(facts.settings_age, Age::kUnknown);
}

TEST_F(DockerFactsOf, DockerdAreItsOwnAnswer) {
  node_.tree().file("cdi/nvidia.yaml", "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n");
  node_.tree().file("cdi/other.json", R"({"kind":"vendor.com/net"})");
  node_.tree().file("cdi/nvidia.yaml.bak", "kind: nvidia.com/gpu\n");
  const FakeDockerd dockerd(
      HostPath(options_.socket),
      docker_answer(R"({"ServerVersion":"28.5.2","Runtimes":{"nvidia":{"path":")" +
                    path("bin/runtime") + R"("}},"CDISpecDirs":[")" + path("cdi") + R"("]})"));
  const DockerFacts facts = read();
  EXPECT_THAT(facts.dockerd, IsEmpty());
  ASSERT_TRUE(facts.info);
  EXPECT_EQ(facts.info->server_version, "28.5.2");
  EXPECT_FALSE(facts.runtime_is_program) << "named, and not there";
  EXPECT_THAT(facts.cdi_directories, ElementsAre(path("cdi")));
  EXPECT_THAT(facts.cdi_specs, ElementsAre(path("cdi/nvidia.yaml")));
  EXPECT_THAT(first_of(facts.cdi_problems).what, HasSubstr("does not match this machine"));
  EXPECT_THAT(first_of(facts.cdi_problems).remedy, HasSubstr(path("cdi/nvidia.yaml")));
}

TEST_F(DockerFactsOf, NamesAreThoseOfEachCdiFileThatCanBeRead) {
  const std::string edits = R"(,"containerEdits":{"env":["A=1"]}})";
  node_.tree().file("cdi/a.json", R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu","devices":[)"
                                  R"({"name":"GPU-a")" +
                                      edits + R"(,{"name":"all")" + edits + "]}");
  node_.tree().file("cdi/b.yaml", "kind: nvidia.com/gpu\ndevices: [\n");
  node_.tree().file("etc/daemon.json", R"({"cdi-spec-dirs":[")" + path("cdi") + R"("]})");
  const DockerFacts facts = read();
  EXPECT_THAT(facts.cdi_specs, ElementsAre(path("cdi/a.json"), path("cdi/b.yaml")));
  EXPECT_THAT(facts.cdi_names, ElementsAre("GPU-a", "all"));
}

TEST_F(DockerFactsOf, DaemonJsonCountWithoutDockerd) {
  const DriverRootTree programs("x runtime\nx nvidia-docker\n");
  node_.tree().file("etc/daemon.json", R"({"runtimes":{"nvidia":{"path":")" +
                                           programs.tree().path("runtime") +
                                           R"("}},"cdi-spec-dirs":[")" + path("cdi") +
                                           R"("],"features":{"cdi":true}})");
  options_.search_path = programs.tree().path();
  const DockerFacts facts = read();
  EXPECT_TRUE(facts.runtime_is_program);
  EXPECT_EQ(facts.settings.cdi, true);
  EXPECT_THAT(facts.cdi_directories, ElementsAre(path("cdi")));
  EXPECT_EQ(facts.nvidia_docker, programs.tree().path("nvidia-docker"));
}

// Nothing is run here, so what only the driver can say is left to who may ask it.
TEST_F(DockerFactsOf, NamesThatOnlyTheDriverKnowsAreNoProblem) {
  const DriverRootTree mig = DriverRootTree::from_fixture("mig");
  node_.tree().file("cdi/nvidia.yaml", "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n");
  node_.tree().file("etc/daemon.json", R"({"cdi-spec-dirs":[")" + path("cdi") + R"("]})");
  Config config;
  config.roots = mig.roots();
  const DockerFacts facts = read_docker_facts(config, options_);
  EXPECT_THAT(facts.cdi_problems, IsEmpty());
  EXPECT_THAT(facts.cdi_notes, ElementsAre(HasSubstr("nvinject cdi check")));
}

TEST_F(DockerFactsOf, ADaemonJsonThatCannotBeReadSaySo) {
  for (const char* const text : {"{", R"({"runtimes":[]})"}) {
    node_.tree().file("etc/daemon.json", text);
    EXPECT_THAT(read().daemon_json_problem.value_or(""), HasSubstr("etc/daemon.json")) << text;
  }
}

TEST_F(DockerFactsOf, SomebodyElseOnTheSocketAreAProblem) {
  for (const char* const answer : {"SSH-2.0\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n\r\n", ""}) {
    const FakeDockerd dockerd(HostPath(options_.socket), answer);
    const DockerFacts facts = read();
    EXPECT_THAT(first_of(facts.dockerd).what, HasSubstr("does not answer")) << answer;
    EXPECT_EQ(facts.info, std::nullopt) << answer;
  }
}

TEST_F(DockerFactsOf, ABrokenConfigSayWhichAndStillLookAtTheRest) {
  const DockerFacts facts =
      read_docker_facts(fail(ErrorCode::kInvalidRequest, "parse 'config.toml': line 1"), options_);
  EXPECT_THAT(facts.config_problem.value_or(""), HasSubstr("config.toml"));
  EXPECT_FALSE(facts.dockerd.empty());
}

TEST_F(DockerFactsOf, TheModeOfTheConfigIsTold) {
  Config config;
  config.roots = node_.roots();
  EXPECT_EQ(read_docker_facts(config, options_).mode_without_hook, "");
  config.runtime.mode = RuntimeMode::kCsv;
  const DockerFacts facts = read_docker_facts(config, options_);
  EXPECT_EQ(facts.mode_without_hook, "csv");
  EXPECT_TRUE(facts.is_csv);
}

Gpu usable_gpu() { return {.index = 0, .model = "L40S"}; }

Inventory healthy() {
  return {.driver_version = "550.163.01",
          .kernel_module_loaded = true,
          .gpus = {usable_gpu()},
          .control_nodes = {{.name = "nvidiactl"}, {.name = "nvidia-uvm"}}};
}

TEST(MachineProblems, AreWhatEveryContainerMeets) {
  EXPECT_THAT(machine_problems(healthy()), IsEmpty());
  Inventory no_module = healthy();
  no_module.kernel_module_loaded = false;
  EXPECT_THAT(first_of(machine_problems(no_module)).what, HasSubstr("kernel module"));
  Inventory no_gpu = healthy();
  no_gpu.gpus.clear();
  EXPECT_THAT(first_of(machine_problems(no_gpu)).what, HasSubstr("no GPU"));
  Inventory no_uvm = healthy();
  no_uvm.control_nodes.pop_back();
  EXPECT_EQ(first_of(machine_problems(no_uvm)),
            (Problem{"there is no /dev/nvidia-uvm", "nvinject prepare"}));
}

TEST(MachineProblems, AreNotOneBrokenGpuAmongOthers) {
  Inventory inventory = healthy();
  inventory.gpus.push_back(usable_gpu());
  inventory.gpus[0].broken = "fell off the bus";
  EXPECT_THAT(machine_problems(inventory), IsEmpty());
  inventory.gpus.pop_back();
  EXPECT_THAT(first_of(machine_problems(inventory)).what, HasSubstr("fell off the bus"));
}

}  // namespace
}  // namespace nvinject::cli
