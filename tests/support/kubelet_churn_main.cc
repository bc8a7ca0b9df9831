// SPDX-License-Identifier: Apache-2.0

// See main's declarations: kubelet_churn [OPTION...] KUBELET_ROOT -- PLUGIN [ARGUMENT...]

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "tests/support/kubelet_churn.h"

namespace {

using namespace nvinject::testing;

constexpr std::chrono::seconds kCallPatience{60};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int run(int argc, char** argv) {
  KubeletChurnOptions options;
  options.seed = std::random_device()();
  options.container.image = "debian12";
  std::string kubelet_root;
  bool may_lack = false;
  CLI::App app("Pods that a kubelet allocates GPUs to, while the plugin is killed.",
               "kubelet_churn");
  app.add_option("KUBELET_ROOT", kubelet_root, "As /var/lib/kubelet")->required();
  app.add_option("PLUGIN", options.plugin, "After --: its command line")->required();
  app.add_option("--pods", options.pods, "Pods (500)");
  app.add_option("--workers", options.workers, "Pods under way at once (8)");
  app.add_option("--kills", options.kills, "Times that the plugin is killed (50)");
  app.add_flag("--gently", options.gently, "It is told to end instead, as in an upgrade");
  app.add_option("--restarts", options.restarts, "Times that the kubelet restarts meanwhile (0)");
  app.add_option("--seed", options.seed, "Of the moments when it is killed");
  app.add_option("--log", options.plugin_log, "The plugin's log")->required();
  app.add_option("--report", options.report_directory, "Where containers tell what they have")
      ->required();
  app.add_flag("--may-lack", may_lack,
               "Where no gate can be opened: some may run without their GPU");
  CLI11_PARSE(app, argc, argv);
  std::filesystem::create_directories(options.report_directory);
  for (std::string* const parent : {&options.pod.cgroup_parent, &options.container.cgroup_parent}) {
    *parent = environment("NVINJECT_TEST_CGROUP_PARENT");
  }
  const CriClient client(environment("CONTAINER_RUNTIME_ENDPOINT"), kCallPatience);
  FakeKubelet kubelet(kubelet_root);
  kubelet.start();
  const KubeletChurnTable table = churn_pods(client, kubelet, options);
  std::cout << "  " << options.pods << " pods, " << options.workers << " at once, seed "
            << options.seed << '\n';
  print(std::cout, table);
  const bool as_it_should_be = table.wrong == 0 && table.leaked == 0 && table.lost == 0 &&
                               table.kills == options.kills && table.restarts == options.restarts &&
                               (may_lack || table.without == 0) &&
                               table.served + table.without + table.nothing == options.pods;
  return as_it_should_be ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "kubelet_churn: " << problem.what() << '\n';
    return 1;
  }
}
