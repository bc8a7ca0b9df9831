// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where distributions put shared libraries, seen from the driver root: for what its ld.so.cache
// does not list, and for a root that has none.

#include <string>
#include <vector>

namespace nvinject {

[[nodiscard]] std::vector<std::string> library_directories();
[[nodiscard]] std::vector<std::string> library_directories_32();

// The dynamic loader of 64-bit programs, the place that is in every such program first.
[[nodiscard]] std::vector<std::string> loader_paths();

}  // namespace nvinject
