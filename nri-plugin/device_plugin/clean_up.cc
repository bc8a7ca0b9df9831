// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/clean_up.h"

#include <unistd.h>

#include <utility>

#include "core/inventory/fact_cache.h"
#include "core/os/file.h"
#include "core/os/state_directory.h"
#include "core/os/unix_socket.h"
#include "nri-plugin/device_plugin/plugin_directory.h"

namespace nvinject::nri {
namespace {

// core/inventory/fact_cache.cc. Whoever needs it makes it anew.

void remove_file(const HostPath& path, std::vector<HostPath>& removed) {
  if (::unlink(path.c_str()) == 0) removed.push_back(path);
}

}  // namespace

Result<std::vector<HostPath>> clean_up(const Config& config, std::chrono::milliseconds patience) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd state, open_state_directory(config.roots.state));
  auto lock = open_lock(state.get(), kPluginLock, patience);
  if (!lock) {
    return tl::unexpected(
        std::move(lock).error().wrap("wait for the end of the nvinject-nri that serves this node"));
  }
  std::vector<HostPath> removed;
  const HostPath sockets(config.kubelet.device_plugins);
  for (const std::string& name : read_directory(sockets).value_or(std::vector<std::string>())) {
    if (name.starts_with(kOurSocketPrefix)) remove_file(sockets / name, removed);
  }
  // Whatever its configuration called them: status, health, metrics.
  for (const std::string& name :
       read_directory(config.roots.state).value_or(std::vector<std::string>())) {
    if (is_socket(config.roots.state / name)) remove_file(config.roots.state / name, removed);
  }
  if (!config.nri.status_socket.empty()) remove_file(HostPath(config.nri.status_socket), removed);
  remove_file(config.roots.state / kFactFile, removed);
  return removed;
}

}  // namespace nvinject::nri
