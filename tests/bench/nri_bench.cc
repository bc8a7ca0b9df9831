// SPDX-License-Identifier: Apache-2.0

// What nvinject-nri costs a container, at its socket: tables for people, nothing fails.
// Usage: nri_bench BIN_FOLDER WORK_FOLDER CONFIG [REQUESTS]      (on a node with GPUs 0 and 3; see
// run-nri)

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_runtime.h"
#include "tests/support/plugin_process.h"
#include "tests/support/sample_nri.h"

namespace {

using namespace nvinject::testing;
using nvinject::nri::api::ContainerEventRequest;
using nvinject::nri::api::CreateContainerRequest;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int kVariables = 200;
constexpr int kMounts = 30;

// A plugin and the runtime that it registered with.
struct Pair {
  FakeRuntime runtime;
  std::optional<PluginProcess> plugin;

  void start(const std::string& socket, std::vector<std::string> arguments,
             const std::string& log) {
    runtime.listen(socket);
    arguments.push_back(socket);
    plugin.emplace(PluginProcess::start(arguments, {}, log));
    if (!runtime.accept(seconds(10)) || runtime.start().end != ReplyEnd::kAnswered) {
      std::fprintf(stderr, "nri_bench: %s did not register, see %s\n", arguments[0].c_str(),
                   log.c_str());
      std::exit(1);
    }
  }

  [[nodiscard]] nanoseconds cpu_time() const {
    clockid_t clock = 0;
    timespec used{};
    if (::clock_getcpuclockid(plugin->pid(), &clock) == 0) ::clock_gettime(clock, &used);
    return seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
  }

  [[nodiscard]] long resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(plugin->pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
    }
    return 0;
  }
};

CreateContainerRequest request_for(const char* env, int number) {
  CreateContainerRequest request = sample_create_request(kVariables - 1, kMounts);
  if (env != nullptr) request.mutable_container()->add_env(env);
  request.mutable_container()->set_id(std::to_string(number));
  return request;
}

nanoseconds create(Pair& pair, const CreateContainerRequest& request) {
  const auto reply = pair.runtime.create_container(request);
  if (reply.end != ReplyEnd::kAnswered) {
    std::fprintf(stderr, "nri_bench: a request failed: %s\n", reply.text.c_str());
    std::exit(1);
  }
  return reply.round_trip;
}

void remove(Pair& pair, const CreateContainerRequest& request) {
  ContainerEventRequest event;
  event.mutable_container()->set_id(request.container().id());
  (void)pair.runtime.event("RemoveContainer", nvinject::nri::api::REMOVE_CONTAINER, event);
}

double microseconds_at(std::vector<nanoseconds>& times, double fraction) {
  const auto place = static_cast<std::ptrdiff_t>(static_cast<double>(times.size() - 1) * fraction);
  std::nth_element(times.begin(), times.begin() + place, times.end());
  return static_cast<double>(times[static_cast<std::size_t>(place)].count()) / 1000.0;
}

struct Series {
  const char* name;
  const char* env;
  Pair* pair;
  std::vector<nanoseconds> times;
};

void print_latency(Pair& nothing, Pair& ours, int requests) {
  Series series[] = {{"do-nothing plugin", nullptr, &nothing, {}},
                     {"do-nothing plugin, GPU request", "NVIDIA_VISIBLE_DEVICES=0,3", &nothing, {}},
                     {"nvinject-nri, no GPU", nullptr, &ours, {}},
                     {"nvinject-nri, GPUs 0 and 3", "NVIDIA_VISIBLE_DEVICES=0,3", &ours, {}}};
  // Turns, so that what else the machine does hits all alike.
  for (int i = 0; i < requests; ++i) {
    for (Series& one : series) {
      const CreateContainerRequest request = request_for(one.env, i);
      one.times.push_back(create(*one.pair, request));
      if (one.env != nullptr) remove(*one.pair, request);
    }
  }
  std::printf(
      "round trip of CreateContainer, %d requests each, %d variables, %d mounts, %zu bytes\n",
      requests, kVariables, kMounts, request_for(nullptr, 0).ByteSizeLong());
  std::printf("  %-34s %9s %9s %9s   microseconds\n", "", "median", "p99", "p99.9");
  double base[2][2] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    const double median = microseconds_at(series[i].times, 0.5);
    const double late = microseconds_at(series[i].times, 0.999);
    std::printf("  %-34s %9.1f %9.1f %9.1f", series[i].name, median,
                microseconds_at(series[i].times, 0.99), late);
    const std::size_t kind = series[i].env == nullptr ? 0 : 1;
    if (i < 2) {
      base[kind][0] = median;
      base[kind][1] = late;
      std::printf("\n");
    } else {
      std::printf("   above nothing: median %.1f (target %s), p99.9 %.1f (300)\n",
                  median - base[kind][0], kind == 0 ? "20" : "100", late - base[kind][1]);
    }
  }
}

void print_system_calls(Pair& ours, const std::string& work) {
  constexpr int kCalls = 1000;
  for (const char* const env : {static_cast<const char*>(nullptr), "NVIDIA_VISIBLE_DEVICES=0,3"}) {
    const std::string file = work + "/strace";
    PluginProcess tracer =
        PluginProcess::start({"/usr/bin/strace", "-f", "-c", "-U", "calls,name", "-o", file, "-p",
                              std::to_string(ours.plugin->pid())},
                             {}, work + "/strace.log");
    std::this_thread::sleep_for(seconds(1));
    for (int i = 0; i < kCalls; ++i) create(ours, request_for(env, 0));
    tracer.signal(SIGINT);
    (void)tracer.wait(seconds(5));
    std::printf("\nsystem calls of %d requests, %s, all threads\n", kCalls,
                env == nullptr ? "no GPU" : "GPUs 0 and 3");
    std::ifstream table(file);
    for (std::string line; std::getline(table, line);) std::printf("  %s\n", line.c_str());
  }
}

void print_memory(Pair& ours) {
  constexpr int kContainers = 10'000;
  for (int i = 0; i < 1000; ++i) {
    const CreateContainerRequest request = request_for("NVIDIA_VISIBLE_DEVICES=0,3", i);
    create(ours, request);
    remove(ours, request);
  }
  const long before = ours.resident_kib();
  for (int i = 0; i < kContainers; ++i) {
    const CreateContainerRequest request = request_for("NVIDIA_VISIBLE_DEVICES=0,3", i);
    create(ours, request);
    remove(ours, request);
  }
  std::printf(
      "\n%d GPU containers in a row: %ld KiB resident before, %ld KiB grown (target 1024)\n",
      kContainers, before, ours.resident_kib() - before);
}

void print_synchronize(const std::string& work, const std::vector<std::string>& arguments) {
  constexpr int kContainers = 5'000;
  const auto all = sample_synchronize_request(kContainers);
  Pair pair;
  // Registers, is told of nothing, and then of everything.
  pair.start(work + "/sync.sock", arguments, work + "/sync.log");
  const nanoseconds before = pair.cpu_time();
  const auto began = std::chrono::steady_clock::now();
  const auto reply = pair.runtime.synchronize(all);
  const auto took = std::chrono::steady_clock::now() - began;
  const nanoseconds used = pair.cpu_time() - before;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  std::printf(
      "\nSynchronize, %d containers of %zu bytes, %s: %.1f ms of our time (target 60), %.1f ms in "
      "all\n",
      kContainers, all.containers(0).ByteSizeLong(),
      reply.end == ReplyEnd::kAnswered ? "answered" : reply.text.c_str(),
      Milliseconds(used).count(), Milliseconds(took).count());
  std::this_thread::sleep_for(seconds(10));
  std::printf("ten seconds later: %ld KiB resident (target 15360)\n", pair.resident_kib());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string bin = argv[1];
  const std::string work = argv[2];
  const int requests = argc > 4 ? std::atoi(argv[4]) : 20'000;
  const std::vector<std::string> arguments = {bin + "/nvinject-nri", "--config", argv[3],
                                              "--socket"};
  {
    Pair nothing;
    Pair ours;
    nothing.start(work + "/nothing.sock", {bin + "/nothing_plugin"}, work + "/nothing.log");
    ours.start(work + "/ours.sock", arguments, work + "/ours.log");
    std::this_thread::sleep_for(milliseconds(500));
    print_latency(nothing, ours, requests);
    print_memory(ours);
    print_system_calls(ours, work);
  }
  // A lock lets only one of ours in at a time.
  print_synchronize(work, arguments);
  return 0;
}
