// SPDX-License-Identifier: Apache-2.0
#pragma once

// nvinject-nri from its command line to its exit status.

#include <string>
#include <vector>

#include "core/config/config.h"

namespace nvinject::nri {

// What flags and environment say. Empty: what the configuration says.
struct ProgramOptions {
  std::vector<std::string> config_files;
  ConfigEnvironment environment;  // where there are no such files
  std::string socket;
  std::string index;
  std::string name;
  std::string launched_on;  // NRI_PLUGIN_SOCKET: the runtime started us, and this is our end of it
  bool device_plugin = false;
  bool cleans_up = false;
};

[[nodiscard]] int run_program(const ProgramOptions& options);

}  // namespace nvinject::nri
