// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many pods at once that the kubelet (fake_kubelet) allocates GPUs to and a real runtime runs,
// while the plugin is killed again and again, and the kubelet restarts. Each container tells what
// it can open; the table says how that agrees with what was allocated to it.

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/support/cri_client.h"
#include "tests/support/fake_kubelet.h"

namespace nvinject::testing {

struct KubeletChurnOptions {
  std::size_t pods = 500;
  std::size_t workers = 8;  // pods under way at once
  std::size_t kills = 50;
  bool gently = false;              // it is told to end, as in an upgrade
  std::size_t restarts = 0;         // of the kubelet, meanwhile
  unsigned seed = 0;                // of the moments when it is killed
  std::vector<std::string> plugin;  // its command line
  std::string plugin_log;
  std::string report_directory;  // where containers write what they have
  PodOptions pod;                // the rest of what the pods have
  ContainerOptions container;    // the rest of what the containers have; its image has a shell
};

struct KubeletChurnTable {
  // Pods with GPUs, by what their containers had.
  std::size_t served = 0;   // what was allocated to it, and nothing else
  std::size_t without = 0;  // none, and it ran
  std::size_t wrong = 0;    // another one, or one of several
  // Pods without.
  std::size_t nothing = 0;
  std::size_t leaked = 0;  // one had a GPU
  std::size_t lost = 0;    // pods that never ran, whatever was tried
  // How often the kubelet had to try again, and what held it up.
  std::size_t not_admitted = 0;
  std::size_t held_before_start = 0;
  std::size_t not_created = 0;
  std::size_t not_started = 0;
  std::size_t kills = 0;
  std::size_t restarts = 0;
  std::vector<std::string>
      complaints;  // about those that are wrong, leaked or lost, and some others
};

// `kubelet` is started. The plugin is started and, at the end, ended here.
[[nodiscard]] KubeletChurnTable churn_pods(const CriClient& client, FakeKubelet& kubelet,
                                           const KubeletChurnOptions& options);

void print(std::ostream& out, const KubeletChurnTable& table);

}  // namespace nvinject::testing
