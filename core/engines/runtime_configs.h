// SPDX-License-Identifier: Apache-2.0
#pragma once

// What CRI-O and containerd need in their own configuration: CRI-O a file of its own among its
// drop-ins, containerd 1.7 two lines, newer ones nothing.

#include <string>
#include <string_view>

#include "core/engines/daemon_json.h"

namespace nvinject {

// Behind the files of others (in the order of names the last counts).
inline constexpr std::string_view kCrioDropInFile = "99-nvinject.toml";
inline constexpr std::size_t kMaxCrioDropInBytes = 64UL * 1024UL;

// The runtime under its name, so that a RuntimeClass can choose it; with kOurs also the default.
[[nodiscard]] std::string crio_drop_in(const std::string& name, const std::string& path,
                                       DefaultRuntime default_runtime);

// By its first line: a file that somebody else put there is never replaced or removed.
[[nodiscard]] bool is_crio_drop_in(std::string_view text);

// For containerd 1.7's config.toml.
[[nodiscard]] std::string_view containerd_nri_snippet();

}  // namespace nvinject
