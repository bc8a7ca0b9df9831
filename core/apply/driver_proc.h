// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a container sees in /proc/driver/nvidia in place of the whole machine: the driver's version
// and parameters, with ModifyDeviceFiles: 0, the granted GPUs and the files of the granted MIG
// devices. Copies in a read-only tmpfs: the kernel's own files say the same until the driver is
// loaded anew, and then the container is gone.

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/plan/plan.h"

namespace nvinject {

// "ModifyDeviceFiles: 1" of the driver's params as 0, all else as it is.
[[nodiscard]] std::string without_device_file_changes(std::string_view params);

// A mount attached nowhere. `host_directory_fd` is the host's /proc/driver/nvidia.
[[nodiscard]] Result<UniqueFd> make_driver_proc(int host_directory_fd, const MaskDriverProc& step);

// The same for the directory of EGL's application profiles (NVIDIA driver README, "Application
// Profiles").
[[nodiscard]] Result<UniqueFd> make_egl_profiles(const HideGpusFromEgl& step);
[[nodiscard]] std::string print_egl_profile(const HideGpusFromEgl& step);

}  // namespace nvinject
