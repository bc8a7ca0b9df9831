// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/program.h"

#include <malloc.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "nri-plugin/container/host_root.h"
#include "nri-plugin/daemon.h"
#include "nri-plugin/device_plugin/clean_up.h"
#include "nri-plugin/pod_resources/pod_resources_client.h"
#include "nri-plugin/status/log.h"

namespace nvinject::nri {
namespace {

// An instance that was told to end needs milliseconds; one that was not is not going to.
constexpr std::chrono::seconds kCleanUpPatience{30};

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

Result<Config> read_config(const ProgramOptions& options) {
  return options.config_files.empty() ? load_config(options.environment)
                                      : load_config_files(options.config_files);
}

void begin_log(const Result<Config>& config, LogTarget target) {
  const NriConfig nri = config ? config->nri : NriConfig{};
  start_log(target, nri.log_format, nri.log_level);
}

void log_problems(const Result<Config>& config) {
  if (!config) {
    log_event(LogLevel::kError, config.error().message, {});
    return;
  }
  for (const Decision& warning : config->warnings) {
    log_event(LogLevel::kWarning, "configuration",
              {{"key", warning.subject}, {"problem", warning.reason}});
  }
}

std::string first_said(const std::string& flag, const std::string& configured) {
  return flag.empty() ? configured : flag;
}

int serve(const ProgramOptions& options, const Result<Config>& read, UniqueFd launched_on) {
  log_problems(read);
  // Not connected, we would let containers start without their GPUs: connected, we can tell them
  // why.
  Config config = read.value_or(Config{});
  config.device_plugin.enabled = config.device_plugin.enabled || options.device_plugin;
  const NriConfig& nri = config.nri;
  config.roots = roots_below(config.roots, HostPath(nri.host_root));
  Daemon daemon(config, {.name = {.name = first_said(options.name, nri.name),
                                  .index = first_said(options.index, nri.index)},
                         .runtime_socket = HostPath(first_said(options.socket, nri.socket)),
                         .launched_on = std::move(launched_on),
                         .config_error = read ? std::nullopt : std::optional(read.error())});
  const auto done = daemon.run();
  if (!done) return report(done.error());
  return end(EXIT_SUCCESS);
}

}  // namespace

int run_program(const ProgramOptions& options) {
  const auto launched_on = parse_unsigned<unsigned>(options.launched_on);
  keep_memory_small();
  block_signals();
  const Result<Config> config = read_config(options);
  begin_log(config, launched_on ? LogTarget::kSyslog : LogTarget::kStandardError);
  if (options.cleans_up) return clean_up_node(config);
  return serve(options, config,
               launched_on ? UniqueFd(static_cast<int>(*launched_on)) : UniqueFd());
}

}  // namespace nvinject::nri
