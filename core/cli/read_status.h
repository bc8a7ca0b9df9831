// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/cli/commands.h"
#include "core/config/config.h"
#include "core/json/json.h"
#include "core/status/status_report.h"

namespace nvinject::cli {

// What the NRI plugin of this machine tells on its status socket; `socket` is the one that the
// config names when empty.
[[nodiscard]] Result<StatusReport> read_status(const Config& config, const std::string& socket);

// The whole of a command that prints it: reads the status, prints it in one of these languages.
[[nodiscard]] int print_status(const Config& config, const StatusOptions& options,
                               Json (*as_json)(const StatusReport&),
                               std::string (*as_text)(const StatusReport&));

// "team/train/main 111111111111": a container in one word and the short form of its id that
// runtimes print.
[[nodiscard]] std::string describe_container(const ContainerStatus& container);

// "GPU 0, GPU 3"; "nothing".
[[nodiscard]] std::string describe_gpus(const std::vector<unsigned>& gpus);

// The first line of what is printed: who decides here, and over what.
[[nodiscard]] std::string describe_plugin(const StatusReport& report);

}  // namespace nvinject::cli
