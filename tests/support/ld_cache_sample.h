// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/linker/ld_cache.h"
#include "core/plan/plan.h"

namespace nvinject::testing {

// The cache of an image with one library, and the step that adds the driver's to it.
inline std::string image_ld_cache() {
  LdCache cache;
  cache.entries = {
      {.flags = native_ld_cache_flags(), .soname = "libc.so.6", .path = "/lib/libc.so.6"}};
  cache.generator = "ldconfig (test)";
  return serialise_ld_cache(cache);
}

inline MergeLdCache driver_step() {
  return {.entries = {{.flags = native_ld_cache_flags(),
                       .soname = "libcuda.so.1",
                       .path = "/usr/lib/libcuda.so.1"}},
          .cuda_compat = {}};
}

}  // namespace nvinject::testing
