// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file in hooks.d by which Podman and CRI-O run nvidia-container-runtime-hook for each
// container (oci-hooks(5), version 1.0.0). No condition of that format can look at a container's
// environment, which is how it asks: the hook is run for all and ends at once for who asks nothing.

#include <string>
#include <string_view>

namespace nvinject {

// The classic toolkit's name for it: whoever switches has one file afterwards, not two.
inline constexpr std::string_view kOciHookFile = "oci-nvidia-hook.json";
inline constexpr std::size_t kMaxOciHookBytes = 64UL * 1024UL;

[[nodiscard]] std::string oci_hook_json(const std::string& hook_path);

// Whether a text is such a file, of ours or of the classic toolkit: it runs a program called
// nvidia-container-runtime-hook or nvidia-container-toolkit.
[[nodiscard]] bool is_gpu_hook(std::string_view text);

}  // namespace nvinject
