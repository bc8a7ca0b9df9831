// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many pods and containers at once, and what became of each.

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/cri_client.h"

namespace nvinject::testing {

struct ChurnOptions {
  std::size_t count = 200;      // containers
  std::size_t pods = 20;        // container i is in pod i modulo pods
  std::size_t threads = 32;     // calls under way at once
  std::size_t gpu_percent = 0;  // so many of 100 ask for a GPU, evenly spread
  std::string gpu_image;        // "": ask by environment
  std::string gpu_env = "NVIDIA_VISIBLE_DEVICES=0";
  std::size_t gpus = 0;  // not 0: by NVIDIA_VISIBLE_DEVICES, container i for GPU i modulo gpus
  std::vector<std::string> exec = {"ls", "/dev"};  // empty: being started is enough
  bool keep = false;  // otherwise all pods of this churn are removed at the end
  std::string name = "churn";
  PodOptions pod;              // the rest of what the pods have
  ContainerOptions container;  // the rest of what the containers have
};

// Prints one JSON object a line as each container is done:
//   {"index":3,"gpu":true,"pod":"ID","container":"ID","stage":"done","ms":41,"exit":0,"out":["null",…]}
//   {"index":4,"gpu":true,"pod":"ID","stage":"create","ms":9,"code":"UNKNOWN","error":"…"}
// `stage` is how far it came: "pod", "create", "start" and "exec" are failures. Its name is
// "container-INDEX". False when not all are done.
[[nodiscard]] bool churn(const CriClient& client, const ChurnOptions& options);

}  // namespace nvinject::testing
