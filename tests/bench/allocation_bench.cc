// SPDX-License-Identifier: Apache-2.0

// What it costs to know what a container may have: the kubelet's answer about a node of 110 pods,
// and the decision with it. build/bin/allocation_bench

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "nri-plugin/container/decide_container.h"
#include "nri-plugin/pod_resources/pod_resources_client.h"
#include "tests/support/fake_pod_resources.h"
#include "tests/support/sample_node.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

std::vector<testing::FakePod> full_node() {
  std::vector<testing::FakePod> pods;
  for (unsigned i = 0; i < 110; ++i) {
    pods.push_back(
        {.name_space = "team",
         .name = "train-" + std::to_string(i),
         .containers = {{.name = "main",
                         .devices = {{"nvidia.com/gpu", {testing::sample_gpu(i % 4).uuid}},
                                     {"example.com/nic", {"0000:01:00.0"}}}},
                        {.name = "sidecar"}}});
  }
  return pods;
}

void ask_and_decide(benchmark::State& state, testing::PodResourcesBehaviour::Get get) {
  const testing::TempTree tree;
  testing::FakePodResources kubelet(tree.path("kubelet.sock"));
  kubelet.set_pods(full_node());
  kubelet.set_behaviour({.get = get, .rate_limited = false});
  kubelet.start();
  PodResourcesClient client(tree.path("kubelet.sock"));
  const Config config;
  const RuntimeInfo runtime{.name = "containerd", .version_text = "2.1.9"};
  Snapshot snapshot;
  snapshot.inventory = testing::sample_inventory();
  const Question question{
      .who = {.id = "c", .name = "main", .pod = "train-109", .name_space = "team"},
      .facts = {.env = {"NVIDIA_VISIBLE_DEVICES=all"}}};
  for (auto _ : state) {
    auto told = client.ask({.name_space = "team", .pod = "train-109", .container = "main"});
    if (!told || !*told) {
      state.SkipWithError("no answer");
      break;
    }
    const Result<Allocation> allocation = **std::move(told);
    const Verdict verdict = decide_container(
        question,
        {.config = config, .runtime = runtime, .snapshot = &snapshot, .allocation = &allocation});
    if (verdict.outcome != ContainerOutcome::kServed) state.SkipWithError("not served");
  }
}
BENCHMARK_CAPTURE(ask_and_decide, get, testing::PodResourcesBehaviour::Get::kServed)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(ask_and_decide, list, testing::PodResourcesBehaviour::Get::kUnimplemented)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nvinject::nri

BENCHMARK_MAIN();
