// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "core/image/cuda_compat.h"
#include "core/os/container_root.h"

namespace nvinject {

// An NVIDIA image has about ten files there.
inline constexpr std::size_t kMaxCompatEntries = 256;
inline constexpr std::size_t kMaxCompatLibraries = 64;

// What is in the image's /usr/local/cuda/compat. Links on the way to it are followed inside the
// root; a file that is a link, and whatever is mounted there, is not the image's own. Empty when
// there is no such directory, which costs one system call.
[[nodiscard]] std::optional<CudaCompat> read_cuda_compat(const ContainerRoot& root);

}  // namespace nvinject
