// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/result.h"
#include "core/image/image_facts.h"
#include "core/os/container_root.h"

namespace nvinject {

// Looks into the root of a container, in-root only. A hostile or odd image yields facts that say
// less; the only error is a kernel without openat2 (kUnsupported). The CUDA compatibility libraries
// are not looked for: read_cuda_compat does it for who needs them. With kSkip `libc_directory_32`
// is only looked for where there is none for 64 bits.
enum class Libc32 { kSkip, kLookFor };
[[nodiscard]] Result<ImageFacts> read_image_facts(const ContainerRoot& root,
                                                  Libc32 libc_32 = Libc32::kLookFor);

}  // namespace nvinject
