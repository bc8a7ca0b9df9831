// SPDX-License-Identifier: Apache-2.0

// Usage: fake_kubelet ROOT
//
// A kubelet for scripts: ROOT is its /var/lib/kubelet. It reads commands, a line each, and answers
// each with a line: "ok …" or "error …". It ends when there are no more.
//
//   admit NAMESPACE POD UID CONTAINER COUNT [KIND]   allocates so many GPUs; the options of `cri
//                                                    create` that a kubelet would add
//   assign NAMESPACE POD UID CONTAINER IDS [KIND]    the same for somebody else's device plugin
//                                                    (KIND: init, sidecar)
//   remove UID
//   prestart UID CONTAINER                           what is asked before each start
//   devices                                          those that are healthy
//   registrations                                    since it started
//   allocated UID CONTAINER
//   restart | stop | start
//   forget                                           the plugin, though it lives: its stream ends
//   late                                             comes to the end of a stream when its plugin
//                                                    has registered anew, and lets that one go
//   calls                                            of PodResources so far: answered or not, and
//                                                    refused by its limit
//   crowd | quiet                                    others ask PodResources all the time; no more
//   behave delay=MS | failure=CODE | get=unimplemented   of PodResources; without words: well

#include <array>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/fake_kubelet.h"
#include "tests/support/pod_resources_crowd.h"

namespace {

using namespace nvinject::testing;

constexpr const char* kResource = "nvidia.com/gpu";

using Words = std::vector<std::string>;

Words words_of(const std::string& line, char separator = ' ') {
  Words words;
  std::istringstream stream(line);
  for (std::string word; std::getline(stream, word, separator);) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string ok(const std::vector<std::string>& words) {
  std::string answer = "ok";
  for (const std::string& word : words) answer += " " + word;
  return answer;
}

std::string options_of(const Allocated& allocated) {
  std::vector<std::string> options;
  for (const auto& [name, value] : allocated.env) {
    options.insert(options.end(), {"--env", name + "=" + value});
  }
  for (const Allocated::Mount& mount : allocated.mounts) {
    options.insert(options.end(), {"--mount", mount.source + ":" + mount.destination +
                                                  (mount.read_only ? ":ro" : "")});
  }
  for (const std::string& device : allocated.devices) {
    options.insert(options.end(), {"--device", device});
  }
  for (const auto& [key, value] : allocated.annotations) {
    options.insert(options.end(), {"--annotation", key + "=" + value});
  }
  for (const std::string& name : allocated.cdi_devices) {
    options.insert(options.end(), {"--cdi", name});
  }
  return ok(options);
}

ContainerKind kind_of(const Words& words) {
  if (words.size() <= 6) return ContainerKind::kMain;
  return words[6] == "init" ? ContainerKind::kInit : ContainerKind::kSidecar;
}

std::string admit(FakeKubelet& kubelet, const Words& words) {
  const auto admitted =
      kubelet.admit({.name_space = words[1],
                     .name = words[2],
                     .uid = words[3],
                     .containers = {{.name = words[4],
                                     .kind = kind_of(words),
                                     .resource = kResource,
                                     .count = static_cast<unsigned>(std::stoul(words[5]))}}});
  return admitted ? options_of(admitted->at(words[4])) : "error " + admitted.error();
}

std::string assign(FakeKubelet& kubelet, const Words& words) {
  kubelet.assign({.name_space = words[1],
                  .name = words[2],
                  .uid = words[3],
                  .containers = {{.name = words[4],
                                  .kind = kind_of(words),
                                  .devices = {{kResource, words_of(words[5], ',')}}}}});
  return ok({});
}

std::string healthy_devices(FakeKubelet& kubelet) {
  std::vector<std::string> ids;
  for (const FakeDevice& device : kubelet.plugins().devices(kResource)) {
    if (device.healthy) ids.push_back(device.id);
  }
  return ok(ids);
}

std::string behave(FakeKubelet& kubelet, const Words& words) {
  PodResourcesBehaviour behaviour;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string value = words[i].substr(words[i].find('=') + 1);
    if (words[i].starts_with("delay="))
      behaviour.delay = std::chrono::milliseconds(std::stoi(value));
    if (words[i].starts_with("failure=")) behaviour.failure = std::stoi(value);
    if (words[i] == "get=unimplemented") behaviour.get = PodResourcesBehaviour::Get::kUnimplemented;
  }
  kubelet.pod_resources().set_behaviour(behaviour);
  return ok({});
}

std::string calls_of(const FakeKubelet& kubelet) {
  const PodResourcesCalls calls = kubelet.pod_resources().calls();
  return ok({std::to_string(calls.get + calls.list), std::to_string(calls.refused)});
}

std::string tell(FakeKubelet& kubelet, const std::string& command) {
  if (command == "devices") return healthy_devices(kubelet);
  if (command == "registrations") {
    return ok({std::to_string(kubelet.plugins().registrations(kResource))});
  }
  if (command == "calls") return calls_of(kubelet);
  return "error unknown command";
}

struct Node {
  FakeKubelet kubelet;
  std::optional<PodResourcesCrowd> crowd;
};

// A command that is done, and has nothing to tell.
struct Deed {
  const char* command;
  void (*act)(Node& node);
};

constexpr std::array kDeeds = {
    Deed{"restart", [](Node& node) { node.kubelet.restart(); }},
    Deed{"stop", [](Node& node) { node.kubelet.stop(); }},
    Deed{"start", [](Node& node) { node.kubelet.start(); }},
    Deed{"forget", [](Node& node) { node.kubelet.plugins().forget(kResource); }},
    Deed{"late", [](Node& node) { node.kubelet.plugins().be_late_once(); }},
    Deed{"crowd", [](Node& node) { node.crowd.emplace(node.kubelet.pod_resources().socket()); }},
    Deed{"quiet", [](Node& node) { node.crowd.reset(); }},
};

std::string run_simple(Node& node, const std::string& command) {
  for (const Deed& deed : kDeeds) {
    if (command != deed.command) continue;
    deed.act(node);
    return ok({});
  }
  return tell(node.kubelet, command);
}

std::string run(Node& node, const Words& words) {
  if (words.empty()) return "error no command";
  FakeKubelet& kubelet = node.kubelet;
  const std::string& command = words[0];
  if (command == "admit" && words.size() >= 6) return admit(kubelet, words);
  if (command == "assign" && words.size() >= 6) return assign(kubelet, words);
  if (command == "behave") return behave(kubelet, words);
  if (command == "remove" && words.size() == 2) {
    kubelet.remove(words[1]);
    return ok({});
  }
  if (command == "prestart" && words.size() == 3) {
    const auto asked = kubelet.pre_start(words[1], words[2]);
    return asked ? ok({}) : "error " + asked.error();
  }
  if (command == "allocated" && words.size() == 3) return ok(kubelet.allocated(words[1], words[2]));
  return run_simple(node, command);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fake_kubelet ROOT\n";
    return 2;
  }
  Node node{.kubelet = FakeKubelet(argv[1]), .crowd = std::nullopt};
  node.kubelet.start();
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << run(node, words_of(line)) << std::endl;
  }
  return 0;
}
