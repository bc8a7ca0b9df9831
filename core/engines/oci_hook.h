// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file in hooks.d by which Podman and CRI-O run nvidia-container-runtime-hook for each
// container (oci-hooks(5), version 1.0.0). No condition of that format can look at a container's
// environment, which is how it asks: the hook is run for all and ends at once for who asks nothing.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

// The classic toolkit's name for it: whoever switches has one file afterwards, not two.
inline constexpr std::string_view kOciHookFile = "oci-nvidia-hook.json";
inline constexpr std::size_t kMaxOciHookBytes = 64UL * 1024UL;

[[nodiscard]] std::string oci_hook_json(const std::string& hook_path);

// Of a text that is such a file, of ours or of the classic toolkit: the program that it runs,
// called nvidia-container-runtime-hook or nvidia-container-toolkit. Else empty.
[[nodiscard]] std::string program_of_gpu_hook(std::string_view text);

// Such a file with another program: of what is there only hook.path and the program's name in
// hook.args change. kInvalidRequest: it is none.
[[nodiscard]] Result<std::string> set_oci_hook(std::string_view text, std::string_view file,
                                               const std::string& hook_path);

// What becomes of `text` when we go: our whole file goes, one that we changed becomes the one that
// was kept, and any other stays.
enum class HookRemoval { kDelete, kRestore, kLeave };
[[nodiscard]] HookRemoval removal_of_oci_hook(std::string_view text,
                                              const std::optional<std::string>& kept);

}  // namespace nvinject
