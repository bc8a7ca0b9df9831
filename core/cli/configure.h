// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `nvinject configure <engine>` edits and restarts, decided before anything is touched.

#include <string>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/file_edit.h"

namespace nvinject::cli {

struct ConfigurePlan {
  std::vector<FileEdit> edits;
  std::vector<std::string> restart;  // systemctl's arguments, when a file changes; empty: nothing
  std::string afterwards;            // what the operator has to know when a file has changed
};

// kInvalidRequest for a name or path that the engine would not take, kNotFound for a program that
// is not there: a configuration that names it would break containers.
[[nodiscard]] Result<ConfigurePlan> plan_configuration(const ConfigureOptions& options);

}  // namespace nvinject::cli
