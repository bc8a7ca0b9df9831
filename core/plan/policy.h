// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace nvinject {

// What becomes of the image's /etc/ld.so.cache: nvinject.ld-cache, or, where the door knows no
// image and nvinject.nri.ld-cache-hook is set, kByHook.
enum class LdCachePolicy { kWrite, kOff, kByHook };

// Whether the CUDA forward compatibility libraries of an image come before the driver's, in the
// words of the classic tools. Whatever the mode, they are only named in the image's own
// ld.so.cache: kMount and kLdconfig differ in nothing here.
enum class CudaCompatMode {
  kMount,     // when their major version is above the driver's
  kLdconfig,  // the same
  kHook,      // when they say themselves that they run on this driver, and are newer
  kDisabled,
};

struct Policy {
  LdCachePolicy ld_cache = LdCachePolicy::kWrite;
  // features.no-additional-gids-for-device-nodes, inverted
  bool additional_gids = true;
  // Sockets of driver daemons that nobody is to get, by the names of socket_table().
  std::vector<std::string> omitted_sockets;
  CudaCompatMode cuda_compat = CudaCompatMode::kHook;
  bool operator==(const Policy&) const = default;
};

}  // namespace nvinject
