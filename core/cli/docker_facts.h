// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the facts of core/engines/docker_ways.h come from: files, and dockerd's own answer when it
// gives one soon. Nothing is run and nothing is changed.

#include "core/cli/commands.h"
#include "core/config/config.h"
#include "core/engines/docker_ways.h"
#include "core/inventory/inventory.h"

namespace nvinject::cli {

[[nodiscard]] DockerFacts read_docker_facts(const Result<Config>& config,
                                            const DoctorOptions& options);

// What keeps every container from its GPU, in an inventory.
[[nodiscard]] Problems machine_problems(const Inventory& inventory);

}  // namespace nvinject::cli
