// SPDX-License-Identifier: Apache-2.0
#pragma once

// What options of nvidia-container-cli take as their argument. kUnsupported: understood and
// refused; the message then names its category where that is not "input error".

#include <string_view>

#include "compat/cli/command_line.h"
#include "core/base/result.h"

namespace nvinject::compat {

[[nodiscard]] Result<void> take_debug_file(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_driver_root(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_ld_cache(std::string_view text, CommandLine& line);
// UID[:GID], either as number or name. Nobody is looked up: whoever asks the driver here is nobody.
[[nodiscard]] Result<void> check_user(std::string_view text, CommandLine& line);

// A list with commas; each further one adds to it.
[[nodiscard]] Result<void> take_devices(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_imex_channels(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_mig_config(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_mig_monitor(std::string_view text, CommandLine& line);

[[nodiscard]] Result<void> take_pid(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_requirement(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_ldconfig(std::string_view text, CommandLine& line);
[[nodiscard]] Result<void> take_cuda_compat_mode(std::string_view text, CommandLine& line);

}  // namespace nvinject::compat
