// SPDX-License-Identifier: Apache-2.0
#include "core/engines/docker_ways.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kRuntimeName = "nvidia";
constexpr const char* kReload = "systemctl reload docker";
constexpr const char* kRestart = "systemctl restart docker";

void add(Problems& problems, std::string what, std::string remedy) {
  problems.push_back({std::move(what), std::move(remedy)});
}

void check_config(const DockerFacts& facts, DockerWay& made) {
  if (facts.config_problem) {
    add(made.problems, *facts.config_problem,
        "mend that file; containers with GPUs fail until then");
  }
}

void check_runtime(const DockerFacts& facts, DockerWay& made) {
  check_config(facts, made);
  if (facts.is_csv) {
    add(made.problems, "nvidia-container-runtime.mode is 'csv', which is not offered",
        "set it to \"auto\" in config.toml");
  }
  const bool in_file = path_of_runtime(facts.settings.runtimes, kRuntimeName).has_value();
  const auto path = path_of_gpu_runtime(facts);
  if (facts.daemon_json_problem) {
    add(made.problems, *facts.daemon_json_problem, "mend that file");
  } else if (!path) {
    add(made.problems,
        in_file
            ? "dockerd has not read " + quote(facts.daemon_json) + " since the runtime was added"
            : "no runtime 'nvidia' in " + quote(facts.daemon_json),
        in_file ? kReload : "nvinject configure docker --restart");
  }
  if (path && !facts.runtime_is_program) {
    add(made.problems, "the runtime's program " + quote(*path) + " is not there",
        "install it, or nvinject configure docker --runtime-path names another");
  }
  if (path && !in_file && !facts.daemon_json_problem) {
    made.notes.push_back("dockerd knows the runtime, " + quote(facts.daemon_json) +
                         " does not: it may be gone at dockerd's next start");
  }
  if (!facts.info && in_file && facts.settings_age == Age::kAfterDockerd) {
    made.notes.push_back(quote(facts.daemon_json) + " changed after dockerd started: " + kReload);
  }
}

DockerWay check_runtime_way(const DockerFacts& facts) {
  DockerWay made{.command = "docker run --runtime=nvidia -e NVIDIA_VISIBLE_DEVICES=0",
                 .problems = {},
                 .notes = {}};
  check_runtime(facts, made);
  return made;
}

// dockerd registers the driver behind --gpus when it finds the hook at its own start, and looks for
// it again for each container.
DockerWay check_gpus_way(const DockerFacts& facts) {
  DockerWay made{.command = "docker run --gpus all", .problems = {}, .notes = {}};
  check_config(facts, made);
  if (!facts.mode_without_hook.empty()) {
    add(made.problems,
        "nvidia-container-runtime.mode is " + quote(facts.mode_without_hook) +
            ": the hook behind --gpus refuses then",
        "ask with --runtime=nvidia, or set the mode to \"auto\" in config.toml");
  }
  if (!facts.hook) {
    add(made.problems,
        "nvidia-container-runtime-hook is in no directory of dockerd's PATH (" +
            escape(facts.search_path) + ")",
        std::string("install it there, then ") + kRestart);
  } else if (facts.hook_age == Age::kAfterDockerd) {
    made.notes.push_back(quote(*facts.hook) + " is newer than dockerd: if there was none before, " +
                         kRestart);
  }
  return made;
}

constexpr std::size_t kMaxShownNames = 8;

std::string shown_names(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMaxShownNames);
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(shown);
  return escape(join({names.begin(), end}, ", ")) + (shown < names.size() ? ", …" : "");
}

// The name that is asked for in the example: "0" where some file has it.
std::string choose_cdi_name(const std::vector<std::string>& names) {
  constexpr std::string_view kUsual = "0";
  constexpr std::string_view kAll = "all";
  if (names.empty() || std::find(names.begin(), names.end(), kUsual) != names.end()) {
    return std::string(kUsual);
  }
  const auto single = std::find_if(names.begin(), names.end(),
                                   [&](const std::string& name) { return name != kAll; });
  return single == names.end() ? std::string(kAll) : *single;
}

void check_cdi_names(const DockerFacts& facts, const std::string& name, DockerWay& made) {
  if (facts.cdi_specs.empty()) {
    add(made.problems,
        "no CDI file for nvidia.com/gpu in " + escape(join(facts.cdi_directories, ", ")),
        "nvinject cdi generate --output " +
            (facts.cdi_directories.empty() ? "/var/run/cdi" : facts.cdi_directories.back()) +
            "/nvidia.yaml");
  } else if (facts.cdi_names.empty() && facts.cdi_problems.empty()) {
    add(made.problems, "no device can be read from " + escape(join(facts.cdi_specs, ", ")),
        "nvinject cdi generate --output " + facts.cdi_specs.back());
  } else if (name != "0") {
    made.notes.push_back("no device is named 0 there; the names are " +
                         shown_names(facts.cdi_names));
  }
}

DockerWay check_cdi_way(const DockerFacts& facts) {
  const std::string name = choose_cdi_name(facts.cdi_names);
  DockerWay made{
      .command = "docker run --device nvidia.com/gpu=" + escape(name), .problems = {}, .notes = {}};
  const bool asked = facts.settings.cdi.value_or(false);
  if (facts.info && facts.info->cdi_directories.empty()) {
    add(made.problems,
        "CDI is off in dockerd " + escape(facts.info->server_version) +
            " (it needs Docker 25 or later)",
        asked ? kRestart : "nvinject configure docker --cdi --restart");
  } else if (!facts.info && facts.settings.cdi == false) {
    add(made.problems, "CDI is off in " + quote(facts.daemon_json),
        "nvinject configure docker --cdi --restart");
  } else if (!facts.info && !asked) {
    made.notes.emplace_back("CDI is off in Docker before 28 unless daemon.json says features.cdi");
  }
  check_cdi_names(facts, name, made);
  made.problems.insert(made.problems.end(), facts.cdi_problems.begin(), facts.cdi_problems.end());
  made.notes.insert(made.notes.end(), facts.cdi_notes.begin(), facts.cdi_notes.end());
  return made;
}

DockerWay check_wrapper_way(const DockerFacts& facts) {
  DockerWay made{.command = "NV_GPU=0 nvidia-docker run", .problems = {}, .notes = {}};
  check_runtime(facts, made);
  if (!facts.nvidia_docker) {
    add(made.problems, "nvidia-docker is not in PATH", "install it, in /usr/bin for instance");
  }
  return made;
}

std::string_view without_blanks_and_quotes(std::string_view text) {
  while (!text.empty() && (text.front() == '"' || text.front() == '\'' ||
                           kWhiteSpace.find(text.front()) != std::string_view::npos)) {
    text.remove_prefix(1);
  }
  return text;
}

}  // namespace

std::optional<std::string> path_of_gpu_runtime(const DockerFacts& facts) {
  return path_of_runtime(facts.info ? facts.info->runtimes : facts.settings.runtimes, kRuntimeName);
}

bool DockerReport::all_work() const {
  return std::all_of(ways.begin(), ways.end(), [&](const DockerWay& way) { return works(way); });
}

DockerReport check_docker_ways(const DockerFacts& facts) {
  DockerReport report{.everywhere = facts.dockerd,
                      .ways = {check_runtime_way(facts), check_gpus_way(facts),
                               check_cdi_way(facts), check_wrapper_way(facts)}};
  report.everywhere.insert(report.everywhere.end(), facts.machine.begin(), facts.machine.end());
  return report;
}

bool names_gpus(std::string_view cdi_text) {
  constexpr std::string_view kKey = "kind";
  constexpr std::string_view kKind = "nvidia.com/gpu";
  for (std::size_t at = 0; (at = cdi_text.find(kKey, at)) != std::string_view::npos;) {
    at += kKey.size();
    std::string_view rest = without_blanks_and_quotes(cdi_text.substr(at));
    if (!rest.starts_with(':')) continue;
    rest = without_blanks_and_quotes(rest.substr(1));
    if (!rest.starts_with(kKind)) continue;
    rest.remove_prefix(kKind.size());
    if (rest.empty() || rest.find_first_of("\"', \t\r\n}#") == 0) return true;
  }
  return false;
}

}  // namespace nvinject
