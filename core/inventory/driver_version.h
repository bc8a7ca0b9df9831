// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvinject {

// The version of the loaded kernel module from the text of /proc/driver/nvidia/version:
//   NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8 12:41:17 UTC 2025
// (open modules say "Open Kernel Module for x86_64"): the first word made of numbers and dots only.
[[nodiscard]] std::optional<std::string> parse_driver_version(std::string_view text);

// Two or three numbers separated by dots.
[[nodiscard]] bool is_driver_version(std::string_view text);

// The CUDA version that a driver branch offers ("550.163.01" -> "12.4"), from cuda_versions.inc.
// Empty for a branch that the table does not know: only the driver itself can tell then.
[[nodiscard]] std::optional<std::string> find_cuda_version(std::string_view driver_version);

}  // namespace nvinject
