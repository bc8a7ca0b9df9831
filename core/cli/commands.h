// SPDX-License-Identifier: Apache-2.0
#pragma once

// The subcommands of nvinject. Each is a window on one stage: it reads, prints and returns the exit
// status.

#include <string>
#include <vector>

#include "core/config/config.h"

namespace nvinject::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // asked for and impossible, or a system error
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNothingAsked = 3;
inline constexpr int kExitInternal = 70;  // EX_SOFTWARE

enum class Output { kText, kJson };

struct ExplainOptions {
  std::string spec;              // a config.json without its root filesystem
  std::string bundle;            // a bundle: its config.json and its root filesystem
  std::vector<std::string> env;  // "NAME=value", added to what the spec has
  Output output = Output::kText;
};

struct StatusOptions {
  std::string socket;  // of the NRI plugin; empty: the config's
  Output output = Output::kText;
};

enum class Engine { kDocker, kPodman, kCrio, kContainerd };
enum class ConfigureAction { kAdd, kRemove };
enum class ConfigureOutcome { kWrite, kShow };  // kShow: a diff, and nothing is written

struct ConfigureOptions {
  Engine engine = Engine::kDocker;
  ConfigureAction action = ConfigureAction::kAdd;
  ConfigureOutcome outcome = ConfigureOutcome::kWrite;
  std::string config_file;      // of the engine; empty: where it usually is
  std::string hooks_directory;  // of Podman and CRI-O; empty: where they look
  std::string runtime_name = "nvidia";
  std::string runtime_path;  // empty: the program beside this one, else in /usr/bin
  std::string hook_path;     // the same
  bool set_as_default = false;
  bool cdi = false;      // Docker's features.cdi
  bool restart = false;  // the engine, when something has changed
};

struct CdiOptions {
  std::string output_file = "/var/run/cdi/nvidia.yaml";  // "-": standard output
  std::string format;     // "yaml" or "json"; empty: by the name of the file
  std::string hook_path;  // empty: nvinject-hook beside this program or in /usr/bin
  bool no_hook = false;   // images keep their ld.so.cache
  std::vector<std::string> name_strategies;  // cdi_names.h; empty: the usual ones
  std::vector<std::string> directories;      // empty: the config's
};

struct DoctorOptions {
  std::string daemon_json = "/etc/docker/daemon.json";
  std::string socket = "/var/run/docker.sock";
  std::string search_path;  // $PATH
  Output output = Output::kText;
};

// A config that could not be read matters only to who asks for a GPU, as in the front doors.
[[nodiscard]] int doctor_docker(const Result<Config>& config, const DoctorOptions& options);
[[nodiscard]] int explain(const Result<Config>& config, const ExplainOptions& options);
[[nodiscard]] int info(const Config& config, Output output);
[[nodiscard]] int list(const Config& config, Output output);
[[nodiscard]] int prepare(const Config& config);
[[nodiscard]] int configure(const Config& config, const ConfigureOptions& options);
[[nodiscard]] int cdi_generate(const Config& config, const CdiOptions& options);
[[nodiscard]] int cdi_list(const Config& config, const CdiOptions& options);
[[nodiscard]] int cdi_check(const Config& config, const CdiOptions& options);
// Both ask the NRI plugin: which container holds which GPU, and what each asked for, has and would
// get.
[[nodiscard]] int who(const Config& config, const StatusOptions& options);
[[nodiscard]] int audit(const Config& config, const StatusOptions& options);

// "nvinject: message" on standard error; returns kExitFailed.
int report(const Error& error);

}  // namespace nvinject::cli
