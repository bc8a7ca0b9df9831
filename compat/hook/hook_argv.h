// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the hook is told to do. The arguments come from whoever wrote the hook into the spec, the
// NRI plugin as a rule; nothing of an image is in them.
//
//   nvinject-hook ld-cache [--cuda-compat=VERSION] NAME...
//                                      the driver's libraries come first in the image's ld.so.cache
//
// NAMEs are those under which libraries of the driver are mounted somewhere in the container
// ("libcuda.so.1"). With the VERSION of the driver, CUDA compatibility libraries of the image that
// say they run on it come before these.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject::compat {

// The table of capabilities knows about 60 libraries, some of them under two names.
inline constexpr std::size_t kMaxHookNames = 512;

struct HookCommand {
  std::vector<std::string> libraries;
  std::string cuda_compat_driver;  // empty: no compatibility libraries
  bool operator==(const HookCommand&) const = default;
};

// `args` without argv[0]. kUnsupported for a job that this hook does not know, kInvalidRequest for
// names and versions that are none.
[[nodiscard]] Result<HookCommand> parse_hook_argv(const std::vector<std::string_view>& args);

}  // namespace nvinject::compat
