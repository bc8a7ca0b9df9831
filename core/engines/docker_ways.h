// SPDX-License-Identifier: Apache-2.0
#pragma once

// For each way to ask Docker for a GPU: does it work here, and what is missing? Pure; the facts are
// read by whoever asks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/engines/daemon_settings.h"
#include "core/engines/docker_info.h"

namespace nvinject {

struct Problem {
  std::string what;
  std::string remedy;
  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

enum class Age { kUnknown, kBeforeDockerd, kAfterDockerd };  // when a file changed, dockerd started

struct DockerFacts {
  Problems dockerd;                // why it does not answer; else `info` is there
  std::optional<DockerInfo> info;  // what it knows
  std::string daemon_json;         // its path
  std::optional<std::string> daemon_json_problem;
  DaemonSettings settings;  // what daemon.json says
  Age settings_age = Age::kUnknown;
  std::string search_path;  // dockerd's $PATH

  bool runtime_is_program = false;  // what path_of_gpu_runtime names
  std::optional<std::string> hook;  // nvidia-container-runtime-hook in that $PATH
  Age hook_age = Age::kUnknown;
  std::optional<std::string> nvidia_docker;
  std::vector<std::string> cdi_directories;
  std::vector<std::string> cdi_specs;  // files there that name GPUs
  std::vector<std::string> cdi_names;  // of the devices in them: "0", "GPU-…", "all"
  Problems cdi_problems;               // that these do not match the machine
  std::vector<std::string> cdi_notes;

  Problems machine;                           // driver and device nodes
  std::optional<std::string> config_problem;  // of our own config.toml
  Decisions config_warnings;                  // the same
  std::string mode_without_hook;  // nvidia-container-runtime.mode, where the hook refuses
  bool is_csv = false;            // that mode, which the runtime refuses, too
};

struct DockerWay {
  std::string command;
  Problems problems;               // of this way alone
  std::vector<std::string> notes;  // what may be in the way, and cannot be told from outside
  bool operator==(const DockerWay&) const = default;
};

struct DockerReport {
  Problems everywhere;  // of every way
  std::vector<DockerWay> ways;

  [[nodiscard]] bool works(const DockerWay& way) const {
    return everywhere.empty() && way.problems.empty();
  }
  [[nodiscard]] bool all_work() const;
};

// Of the runtime "nvidia", as dockerd knows it or else as daemon.json says; may be a name alone,
// which dockerd searches in its $PATH.
[[nodiscard]] std::optional<std::string> path_of_gpu_runtime(const DockerFacts& facts);

[[nodiscard]] DockerReport check_docker_ways(const DockerFacts& facts);

// Whether the text of a CDI file, JSON or YAML, is of the kind nvidia.com/gpu. Only a look: it may
// still be malformed.
[[nodiscard]] bool names_gpus(std::string_view cdi_text);

}  // namespace nvinject
