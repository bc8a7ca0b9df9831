// SPDX-License-Identifier: Apache-2.0
#include "core/cli/docker_facts.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include "core/base/text.h"
#include "core/cdi/parse_spec.h"
#include "core/cli/cdi_check.h"
#include "core/cli/cdi_document.h"
#include "core/engines/daemon_json.h"
#include "core/inventory/scan.h"
#include "core/os/file.h"
#include "core/os/process_facts.h"
#include "core/os/program.h"
#include "core/os/unix_socket.h"
#include "core/plan/capability_table.h"

namespace nvinject::cli {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::system_clock;

constexpr seconds kDeadline{2};  // a busy dockerd counts its containers before it answers
constexpr std::size_t kMaxPidFileBytes = 64;
constexpr std::size_t kMaxCdiBytes = 4UL * 1024UL * 1024UL;
constexpr const char* kPidFile = "/var/run/docker.pid";
constexpr std::string_view kUsualPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct Dockerd {
  Result<DockerInfo> info = fail(ErrorCode::kUnavailable, "not asked");
  std::optional<pid_t> pid;  // who listens
};

Result<std::string> ask(int fd, const std::string& socket) {
  NVINJECT_RETURN_IF_ERROR(send_all(fd, socket, kDockerInfoQuestion));
  return read_to_end(fd, socket, kMaxDockerAnswerBytes, kDeadline);
}

Dockerd ask_dockerd(const std::string& socket) {
  const auto connection = connect_unix(HostPath(socket), kDeadline);
  if (!connection) return {.info = tl::unexpected(connection.error()), .pid = std::nullopt};
  Dockerd dockerd;
  if (const auto peer = peer_process(connection->get())) dockerd.pid = *peer;
  const auto answer = ask(connection->get(), socket);
  dockerd.info = answer ? parse_docker_info(*answer) : tl::unexpected(answer.error());
  return dockerd;
}

Problems describe(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return {{"dockerd is not running: " + error.message, "systemctl start docker"}};
    case ErrorCode::kSystem:
      return {{"dockerd cannot be asked: " + error.message, "run this as root"}};
    default:
      return {{"dockerd does not answer: " + error.message, "systemctl restart docker"}};
  }
}

// systemd may have made the socket: then dockerd's own file says who it is.
std::optional<ProcessFacts> find_dockerd(std::optional<pid_t> peer, const std::string& pid_file) {
  const HostPath proc("/proc");
  if (peer) {
    auto process = read_process(proc, *peer);
    if (process && process->name == "dockerd") return *std::move(process);
  }
  const auto text = read_file(HostPath(pid_file.empty() ? kPidFile : pid_file), kMaxPidFileBytes);
  const auto pid = text ? parse_unsigned<unsigned>(trim(*text)) : std::nullopt;
  if (!pid) return std::nullopt;
  auto process = read_process(proc, static_cast<pid_t>(*pid));
  if (process && process->name == "dockerd") return *std::move(process);
  return std::nullopt;
}

// When it took its place under this name: a package may bring an older time of change of the bytes.
std::optional<Clock::time_point> changed_at(const HostPath& path) {
  const auto fd = open_file(path, O_PATH);
  if (!fd) return std::nullopt;
  const auto facts = stat_fd(fd->get(), path.string());
  if (!facts) return std::nullopt;
  return Clock::time_point(seconds(facts->st_ctim.tv_sec));
}

Age age_of(const HostPath& path, const std::optional<ProcessFacts>& dockerd) {
  const auto changed = changed_at(path);
  if (!changed || !dockerd) return Age::kUnknown;
  return *changed > dockerd->started + seconds(1) ? Age::kAfterDockerd : Age::kBeforeDockerd;
}

void read_settings(const std::string& path, DockerFacts& facts) {
  facts.daemon_json = path;
  const auto text = read_file(HostPath(path), kMaxDaemonJsonBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return;
  auto settings = text ? parse_daemon_settings(*text, path) : tl::unexpected(text.error());
  if (settings) {
    facts.settings = *std::move(settings);
  } else {
    facts.daemon_json_problem = settings.error().message;
  }
}

bool runtime_is_there(const DockerFacts& facts) {
  const auto path = path_of_gpu_runtime(facts);
  if (!path) return false;
  return path->find('/') == std::string::npos ? find_program(*path, facts.search_path).has_value()
                                              : is_program(HostPath(*path));
}

bool is_cdi_file(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
}

// What cannot be read names nothing; examine_cdi_files says why.
void take_cdi_file(const std::string& file, std::string_view text, DockerFacts& facts) {
  facts.cdi_specs.push_back(file);
  const auto spec = parse_cdi_spec(text, file, cdi_format_of(file));
  if (!spec) return;
  for (const CdiDevice& device : spec->devices) facts.cdi_names.push_back(device.name);
}

void read_cdi(DockerFacts& facts) {
  facts.cdi_directories = facts.settings.cdi_directories;
  if (facts.info && !facts.info->cdi_directories.empty()) {
    facts.cdi_directories = facts.info->cdi_directories;
  }
  if (facts.cdi_directories.empty()) facts.cdi_directories = {"/etc/cdi", "/var/run/cdi"};
  for (const std::string& directory : facts.cdi_directories) {
    const auto names = read_directory(HostPath(directory));
    if (!names) continue;
    for (const std::string& name : *names) {
      if (!is_cdi_file(name)) continue;
      const HostPath file = HostPath(directory) / name;
      const auto text = read_file(file, kMaxCdiBytes);
      if (text && names_gpus(*text)) take_cdi_file(file.string(), *text, facts);
    }
  }
}

// A file that a runtime would take at its word. The driver is not asked here: where only it knows
// the names of MIG devices, somebody else has to.
void examine_cdi_files(const Inventory& inventory, const Config& config, DockerFacts& facts) {
  for (const std::string& file : facts.cdi_specs) {
    if (!knows_every_name(inventory)) {
      facts.cdi_notes.push_back("whether " + quote(file) +
                                " still matches the machine: nvinject cdi check " + file);
      continue;
    }
    const auto differences = check_cdi_file(file, inventory, config);
    if (differences && differences->empty()) continue;
    facts.cdi_problems.push_back(
        {quote(file) + " does not match this machine: " +
             (differences ? differences->front() : differences.error().message),
         "nvinject cdi generate --output " + file + ", or have it written anew by whoever did"});
  }
}

void read_machine(const Config& config, DockerFacts& facts) {
  const auto inventory = scan(config.roots, wanted_files(CapabilitySet::all()), DeviceNumbers());
  if (!inventory) {
    facts.machine = {{inventory.error().message, "nvinject info says more"}};
    return;
  }
  facts.machine = machine_problems(*inventory);
  if (facts.machine.empty()) examine_cdi_files(*inventory, config, facts);
}

std::optional<std::string> as_text(const std::optional<HostPath>& path) {
  return path ? std::optional(path->string()) : std::nullopt;
}

}  // namespace

Problems machine_problems(const Inventory& inventory) {
  if (!inventory.kernel_module_loaded) {
    return {{"the NVIDIA driver's kernel module is not loaded", "nvinject prepare"}};
  }
  if (inventory.gpus.empty()) return {{"the driver knows no GPU", "look into dmesg"}};
  const bool usable = std::any_of(inventory.gpus.begin(), inventory.gpus.end(),
                                  [](const Gpu& gpu) { return gpu.broken.empty(); });
  if (!usable) {
    return {{"no GPU can be used; the first one: " + inventory.gpus.front().broken,
             "nvinject prepare, if device nodes are missing"}};
  }
  Problems problems;
  for (const char* const name : {"nvidiactl", "nvidia-uvm"}) {
    const auto found = std::find_if(inventory.control_nodes.begin(), inventory.control_nodes.end(),
                                    [&](const ControlNode& node) { return node.name == name; });
    if (found == inventory.control_nodes.end()) {
      problems.push_back({std::string("there is no /dev/") + name, "nvinject prepare"});
    }
  }
  return problems;
}

DockerFacts read_docker_facts(const Result<Config>& config, const DoctorOptions& options) {
  DockerFacts facts;
  read_settings(options.daemon_json, facts);
  const Dockerd answer = ask_dockerd(options.socket);
  if (answer.info) {
    facts.info = *answer.info;
  } else {
    facts.dockerd = describe(answer.info.error());
  }
  const auto dockerd = find_dockerd(answer.pid, facts.settings.pid_file);
  facts.search_path = dockerd && dockerd->search_path ? *dockerd->search_path : kUsualPath;
  facts.settings_age = age_of(HostPath(options.daemon_json), dockerd);
  facts.runtime_is_program = runtime_is_there(facts);
  if (const auto hook = find_program("nvidia-container-runtime-hook", facts.search_path)) {
    facts.hook = hook->string();
    facts.hook_age = age_of(*hook, dockerd);
  }
  facts.nvidia_docker = as_text(find_program("nvidia-docker", options.search_path));
  read_cdi(facts);
  if (config) {
    facts.config_warnings = config->warnings;
    facts.mode_without_hook = mode_without_hook(*config);
    facts.is_csv = config->runtime.mode == RuntimeMode::kCsv;
    read_machine(*config, facts);
  } else {
    facts.config_problem = config.error().message;
    read_machine(Config(), facts);
  }
  return facts;
}

}  // namespace nvinject::cli
