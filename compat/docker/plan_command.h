// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nvidia-docker makes of a command line of docker: pure. Right behind `run` and `create` come
// --runtime=nvidia and, with NV_GPU, -e NVIDIA_VISIBLE_DEVICES=…; all else stays as it is. Of equal
// flags docker takes the last, so what the user says behind them wins.

#include <string>
#include <vector>

#include "compat/docker/docker_argv.h"
#include "compat/docker/visible_devices.h"

namespace nvinject::compat {

struct DockerSurroundings {
  std::string nv_gpu;                  // NV_GPU
  Setting inherited;                   // NVIDIA_VISIBLE_DEVICES of our own environment
  std::vector<std::string> env_files;  // the texts of --env-file, in their order
};

struct DockerPlan {
  std::vector<std::string> arguments;  // without the program name
  std::vector<std::string> warnings;
};

[[nodiscard]] DockerPlan plan_docker_command(const std::vector<std::string>& arguments,
                                             const DockerCommand& command,
                                             const DockerSurroundings& surroundings);

}  // namespace nvinject::compat
