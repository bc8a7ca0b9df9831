// SPDX-License-Identifier: Apache-2.0

// nvinject-nri: the NRI plugin. Connects to containerd or CRI-O, or is launched by one of them from
// its plugin directory: then the environment says so.

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/config/config.h"
#include "nri-plugin/container/host_root.h"
#include "nri-plugin/daemon.h"
#include "nri-plugin/device_plugin/clean_up.h"
#include "nri-plugin/pod_resources/pod_resources_client.h"
#include "nri-plugin/status/log.h"

namespace {

using namespace nvinject;
using namespace nvinject::nri;

constexpr int kExitUsage = 2;
constexpr int kExitInternal = 70;
// An instance that was told to end needs milliseconds; one that was not is not going to.
constexpr std::chrono::seconds kCleanUpPatience{30};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// In all threads: the loop reads them from a descriptor.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

// One heap for both threads, and what a large Synchronize took goes back to the kernel.
void keep_memory_small() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

int end(int status) {
  if (!stop_log()) std::_Exit(status);
  return status;
}

int report(const Error& error) {
  log_event(LogLevel::kError, error.message, {});
  return end(EXIT_FAILURE);
}

// A container that is restarted in place then has no device plugin that would serve it.
void name_gpu_containers(const Config& config) {
  const auto containers = PodResourcesClient(config.kubelet.pod_resources_socket()).list();
  if (!containers) {
    log_event(LogLevel::kWarning, "which pods have GPUs cannot be told",
              {{"reason", containers.error().message}});
    return;
  }
  for (const GpuContainer& one : *containers) {
    log_event(LogLevel::kWarning, "it keeps its GPUs while it runs: create its pod again",
              {{"namespace", one.name_space},
               {"pod", one.pod},
               {"container", one.container},
               {"gpus", join(one.allocation.devices, ",")}});
  }
}

int clean_up_node(const Result<Config>& config) {
  if (!config) return report(config.error());
  const auto removed = clean_up(*config, kCleanUpPatience);
  if (!removed) return report(removed.error());
  for (const HostPath& path : *removed) {
    log_event(LogLevel::kInfo, "removed", {{"path", path.string()}});
  }
  name_gpu_containers(*config);
  log_event(LogLevel::kInfo, "clean", {});
  return end(EXIT_SUCCESS);
}

int run(int argc, char** argv) {
  CLI::App app("Gives the containers of containerd and CRI-O their NVIDIA GPUs.", "nvinject-nri");
  app.set_version_flag("--version", "nvinject-nri " NVINJECT_VERSION);
  std::vector<std::string> config_files;
  std::string socket;
  std::string index = environment("NRI_PLUGIN_IDX");
  std::string name = environment("NRI_PLUGIN_NAME");
  app.add_option("--config", config_files,
                 "config.toml to use; several times: what a later one says counts")
      ->allow_extra_args(false);
  app.add_option("--socket", socket, "The runtime's NRI socket (nvinject.nri.socket)");
  app.add_option("--idx,--index", index,
                 "Two digits: the place among plugins (nvinject.nri.index)");
  app.add_option("--name", name, "The name to register under (nvinject.nri.name)");
  bool device_plugin = false;
  app.add_flag("--device-plugin", device_plugin,
               "Also be the kubelet's device plugin (nvinject.device-plugin.enabled)");
  bool cleans_up = false;
  app.add_flag("--clean-up", cleans_up,
               "Remove what instances that are gone have left on this node, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  const auto launched_on = parse_unsigned<unsigned>(environment("NRI_PLUGIN_SOCKET"));
  keep_memory_small();
  block_signals();
  auto config = config_files.empty()
                    ? load_config({.config_file_path = environment("NVIDIA_CTK_CONFIG_FILE_PATH"),
                                   .config_home = environment("XDG_CONFIG_HOME")})
                    : load_config_files(config_files);
  start_log(launched_on ? LogTarget::kSyslog : LogTarget::kStandardError,
            config ? config->nri.log_format : LogFormat::kText,
            config ? config->nri.log_level : LogDetail::kInfo);
  if (cleans_up) return clean_up_node(config);
  // Not connected, we would let containers start without their GPUs: connected, we can tell them
  // why.
  Config usable = config.value_or(Config{});
  usable.device_plugin.enabled = usable.device_plugin.enabled || device_plugin;
  if (!config) log_event(LogLevel::kError, config.error().message, {});
  for (const Decision& warning : usable.warnings) {
    log_event(LogLevel::kWarning, "configuration",
              {{"key", warning.subject}, {"problem", warning.reason}});
  }
  const NriConfig& nri = usable.nri;
  Config seen = usable;
  seen.roots = roots_below(usable.roots, HostPath(nri.host_root));
  Daemon daemon(
      seen,
      {.name = {.name = name.empty() ? nri.name : name, .index = index.empty() ? nri.index : index},
       .runtime_socket = HostPath(socket.empty() ? nri.socket : socket),
       .launched_on = launched_on ? UniqueFd(static_cast<int>(*launched_on)) : UniqueFd(),
       .config_error = config ? std::nullopt : std::optional(config.error())});
  const auto done = daemon.run();
  if (!done) return report(done.error());
  return end(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "nvinject-nri: internal error: %s\n", problem.what());
    return kExitInternal;
  }
}
