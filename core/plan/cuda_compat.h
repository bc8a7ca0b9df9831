// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether the CUDA forward compatibility libraries of an image come before the driver's own (NVIDIA
// CUDA Compatibility). They are never mounted, copied or opened for it: the image's own linker
// finds them by entries of its ld.so.cache.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/decision.h"
#include "core/image/cuda_compat.h"
#include "core/plan/plan.h"
#include "core/plan/policy.h"

namespace nvinject {

// Of the driver on the host.
struct DriverVersions {
  std::string_view driver;          // "550.163.01"; empty: not known
  std::optional<std::string> cuda;  // "12.4"
};

struct CudaCompatChoice {
  bool preferred = false;
  std::string reason;
};

[[nodiscard]] CudaCompatChoice choose_cuda_compat(const CudaCompat& compat,
                                                  const DriverVersions& host, CudaCompatMode mode);

// Puts those libraries first in the cache, when they are chosen. Null: no cache is written, and
// then nothing else may name them, least of all a mount (CVE-2024-0132, CVE-2025-23359).
[[nodiscard]] Decision prefer_cuda_compat(const CudaCompat& compat, const DriverVersions& host,
                                          CudaCompatMode mode, MergeLdCache* cache);

}  // namespace nvinject
