// SPDX-License-Identifier: Apache-2.0
#include "core/engines/docker_ways.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum Way { kRuntime, kGpus, kCdi, kWrapper };

// A machine on which every way works.
DockerFacts healthy() {
  return {.dockerd = {},
          .info = DockerInfo{.server_version = "28.5.2",
                             .runtimes = {{"nvidia", "/usr/bin/nvidia-container-runtime"}},
                             .cdi_directories = {"/etc/cdi", "/var/run/cdi"}},
          .daemon_json = "/etc/docker/daemon.json",
          .settings = {.runtimes = {{"nvidia", "/usr/bin/nvidia-container-runtime"}}},
          .settings_age = Age::kBeforeDockerd,
          .search_path = "/usr/sbin:/usr/bin",
          .runtime_is_program = true,
          .hook = "/usr/bin/nvidia-container-runtime-hook",
          .hook_age = Age::kBeforeDockerd,
          .nvidia_docker = "/usr/bin/nvidia-docker",
          .cdi_directories = {"/etc/cdi", "/var/run/cdi"},
          .cdi_specs = {"/var/run/cdi/nvidia.yaml"},
          .cdi_names = {"0", "1", "all"},
          .machine = {}};
}

DockerFacts without_dockerd() {
  DockerFacts facts = healthy();
  facts.dockerd = {{"dockerd is not running", "start it"}};
  facts.info.reset();
  return facts;
}

// Which ways lack something of their own, "RGCN".
std::string lacking(const DockerFacts& facts) {
  std::string letters;
  const DockerReport report = check_docker_ways(facts);
  for (std::size_t at = 0; at < report.ways.size(); ++at) {
    if (!report.ways[at].problems.empty()) letters.push_back("RGCN"[at]);
  }
  return letters;
}

Problem only_problem(const DockerFacts& facts, Way way) {
  const Problems problems = check_docker_ways(facts).ways.at(way).problems;
  EXPECT_EQ(problems.size(), 1U);
  return problems.empty() ? Problem() : problems.front();
}

TEST(DockerWays, AllWorkWhereNothingIsMissing) {
  const DockerReport report = check_docker_ways(healthy());
  EXPECT_TRUE(report.all_work());
  EXPECT_THAT(report.everywhere, IsEmpty());
  EXPECT_THAT(report.ways, Each(Field(&DockerWay::problems, IsEmpty())));
  EXPECT_THAT(report.ways, Each(Field(&DockerWay::notes, IsEmpty())));
}

TEST(DockerWays, LackEachItsOwn) {
  const struct {
    const char* name;
    void (*spoil)(DockerFacts& facts);
    const char* lacking;
  } rows[] = {
      {"the runtime in daemon.json",
       [](DockerFacts& facts) { facts.settings.runtimes = facts.info->runtimes = {}; }, "RN"},
      {"the runtime's program", [](DockerFacts& facts) { facts.runtime_is_program = false; }, "RN"},
      {"a daemon.json that can be read",
       [](DockerFacts& facts) { facts.daemon_json_problem = "parse"; }, "RN"},
      {"a config.toml that can be read", [](DockerFacts& facts) { facts.config_problem = "parse"; },
       "RGN"},
      {"a mode with the hook", [](DockerFacts& facts) { facts.mode_without_hook = "cdi"; }, "G"},
      {"a mode that is offered", [](DockerFacts& facts) { facts.is_csv = true; }, "RN"},
      {"the hook", [](DockerFacts& facts) { facts.hook.reset(); }, "G"},
      {"a CDI file", [](DockerFacts& facts) { facts.cdi_specs.clear(); }, "C"},
      {"a CDI file with devices", [](DockerFacts& facts) { facts.cdi_names.clear(); }, "C"},
      {"a CDI file of this machine",
       [](DockerFacts& facts) { facts.cdi_problems = {{"another one", "write it"}}; }, "C"},
      {"CDI in dockerd", [](DockerFacts& facts) { facts.info->cdi_directories.clear(); }, "C"},
      {"nvidia-docker", [](DockerFacts& facts) { facts.nvidia_docker.reset(); }, "N"},
  };
  for (const auto& row : rows) {
    DockerFacts facts = healthy();
    row.spoil(facts);
    EXPECT_EQ(lacking(facts), row.lacking) << row.name;
    EXPECT_FALSE(check_docker_ways(facts).all_work()) << row.name;
  }
}

TEST(DockerWays, LackTogetherWhatTheMachineLacks) {
  DockerFacts facts = healthy();
  facts.machine = {{"no driver", "load it"}};
  const DockerReport report = check_docker_ways(facts);
  EXPECT_THAT(report.everywhere, ElementsAre(Problem{"no driver", "load it"}));
  for (const DockerWay& way : report.ways) EXPECT_FALSE(report.works(way)) << way.command;
  EXPECT_EQ(lacking(facts), "") << "said once";
}

TEST(DockerWays, TellARuntimeThatIsNotConfiguredFromOneNotReadYet) {
  DockerFacts facts = healthy();
  facts.info->runtimes.clear();
  EXPECT_THAT(only_problem(facts, kRuntime).remedy, HasSubstr("systemctl reload docker"));
  facts.settings.runtimes.clear();
  EXPECT_THAT(only_problem(facts, kRuntime).remedy, HasSubstr("nvinject configure docker"));
}

TEST(DockerWays, SayWhatDockerdWillForget) {
  DockerFacts facts = healthy();
  facts.settings.runtimes.clear();
  const DockerReport report = check_docker_ways(facts);
  EXPECT_TRUE(report.all_work());
  EXPECT_THAT(report.ways[kRuntime].notes, ElementsAre(HasSubstr("next start")));
}

TEST(DockerWays, BelieveDockerdBeforeItsFile) {
  DockerFacts facts = healthy();
  facts.info->runtimes = {{"nvidia", "/old"}};
  EXPECT_EQ(path_of_gpu_runtime(facts), "/old");
  facts.info.reset();
  EXPECT_EQ(path_of_gpu_runtime(facts), "/usr/bin/nvidia-container-runtime");
  facts.settings = {};
  EXPECT_EQ(path_of_gpu_runtime(facts), std::nullopt);
}

TEST(DockerWays, GoByTheFilesWithoutDockerd) {
  DockerFacts facts = without_dockerd();
  EXPECT_EQ(lacking(facts), "");
  EXPECT_FALSE(check_docker_ways(facts).all_work());
  facts.settings_age = Age::kAfterDockerd;
  EXPECT_THAT(check_docker_ways(facts).ways[kRuntime].notes, ElementsAre(HasSubstr("reload")));
  facts.settings.cdi = false;
  EXPECT_EQ(lacking(facts), "C");
}

TEST(DockerWays, SayWhatTurnsCdiOn) {
  DockerFacts facts = healthy();
  facts.info->cdi_directories.clear();
  EXPECT_THAT(only_problem(facts, kCdi).remedy, HasSubstr("nvinject configure docker --cdi"));
  facts.settings.cdi = true;
  EXPECT_EQ(only_problem(facts, kCdi).remedy, "systemctl restart docker") << "it is asked for";
}

TEST(DockerWays, AskForANameThatTheCdiFileHas) {
  const struct {
    std::vector<std::string> names;
    const char* asked;
  } rows[] = {{{"all", "0"}, "0"},
              {{"all", "GPU-a", "GPU-b"}, "GPU-a"},
              {{"all"}, "all"},
              {{"0:1", "all"}, "0:1"}};
  for (const auto& row : rows) {
    DockerFacts facts = healthy();
    facts.cdi_names = row.names;
    const DockerReport report = check_docker_ways(facts);
    const DockerWay& way = report.ways[kCdi];
    EXPECT_EQ(way.command, std::string("docker run --device nvidia.com/gpu=") + row.asked);
    EXPECT_TRUE(report.works(way));
    EXPECT_EQ(way.notes.empty(), row.asked == std::string("0")) << "the names are told";
  }
  DockerFacts facts = healthy();
  facts.cdi_names = std::vector<std::string>(20, "GPU-a");
  EXPECT_THAT(check_docker_ways(facts).ways[kCdi].notes, ElementsAre(::testing::EndsWith(", …")));
}

TEST(DockerWays, DoNotCallAHookMissingThatWasReplaced) {
  DockerFacts facts = healthy();
  facts.hook_age = Age::kAfterDockerd;
  EXPECT_TRUE(check_docker_ways(facts).all_work());
  EXPECT_THAT(check_docker_ways(facts).ways[kGpus].notes, ElementsAre(HasSubstr("restart docker")));
}

TEST(NamesGpus, LooksForTheKind) {
  for (const char* const text :
       {"cdiVersion: \"0.5.0\"\nkind: nvidia.com/gpu\n", "kind: \"nvidia.com/gpu\"\n",
        "kind:   'nvidia.com/gpu' # us\n", R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu"})",
        "{\"kind\" :\n \"nvidia.com/gpu\"}", "kind: other\nkind: nvidia.com/gpu"}) {
    EXPECT_TRUE(names_gpus(text)) << text;
  }
  for (const char* const text :
       {"", "kind", "kind:", "kind: nvidia.com/gpus\n", "kind: nvidia.com/gpu.shared\n",
        "kind: vendor.com/gpu\ndevices: nvidia.com/gpu\n", "nvidia.com/gpu",
        "kind nvidia.com/gpu"}) {
    EXPECT_FALSE(names_gpus(text)) << text;
  }
}

}  // namespace
}  // namespace nvinject
