// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plugin as a process: started by a runtime (NRI calls it pre-installed), or by somebody else.
// Killed and waited for at the end of its scope. Failures of the machine throw.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_fd.h"

namespace nvinject::testing {

class PluginProcess {
 public:
  // As a runtime starts /opt/nri/plugins/<index>-<name>: `socket` as descriptor 3, 0 to 2 are
  // /dev/null, nothing else is open, and exactly three variables: NRI_PLUGIN_NAME, NRI_PLUGIN_IDX,
  // NRI_PLUGIN_SOCKET.
  [[nodiscard]] static PluginProcess launch(const std::string& program, const std::string& index,
                                            const std::string& name, UniqueFd socket);
  // With complete `arguments` (the name of the program first) and environment, standard output and
  // error into the file `log`.
  [[nodiscard]] static PluginProcess start(const std::vector<std::string>& arguments,
                                           const std::vector<std::string>& environment,
                                           const std::string& log);

  PluginProcess(PluginProcess&& other) noexcept;
  PluginProcess& operator=(PluginProcess&&) = delete;
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;
  ~PluginProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The status as in waitpid(2); nothing when it still runs at the end of `patience`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);

 private:
  explicit PluginProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace nvinject::testing
