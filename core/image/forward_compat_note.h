// SPDX-License-Identifier: Apache-2.0
#pragma once

// What NVIDIA writes into a libcuda that is meant to run on older kernel modules (NVIDIA CUDA
// Compatibility, "Forward Compatibility"):
//   {"Format": 1, "CUDA Version": "12.9", "Driver": [535, 550, 560], "Device": [1, 2, 7]}
// It is a file of the image: hostile.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

struct ForwardCompatNote {
  std::string cuda_version;                  // "12.9"; empty: not said
  std::vector<std::uint32_t> driver_majors;  // of kernel modules that it runs on; empty: not said
  bool operator==(const ForwardCompatNote&) const = default;
};

// kInvalidRequest for what is no such text. Members of other names are left alone, names may be
// written in either case.
[[nodiscard]] Result<ForwardCompatNote> parse_forward_compat_note(std::string_view text);

}  // namespace nvinject
