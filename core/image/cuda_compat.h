// SPDX-License-Identifier: Apache-2.0
#pragma once

// The CUDA forward compatibility libraries that an image brings (read_cuda_compat.h finds them):
// a libcuda newer than the driver's, for programs newer than the driver.

#include <optional>
#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/image/forward_compat_note.h"

namespace nvinject {

struct CompatLibrary {
  std::string file_name;  // "libcuda.so.575.57.08"
  std::string soname;     // "libcuda.so.1"
  bool operator==(const CompatLibrary&) const = default;
};

struct CudaCompat {
  ContainerPath directory;  // links resolved: "/usr/local/cuda-12.9/compat"
  // Why there is nothing to choose; then nothing below is set.
  std::string problem;
  std::string version;  // of its one libcuda: "575.57.08"
  std::optional<ForwardCompatNote> note;
  std::string note_problem;              // why a note that is there says nothing
  std::vector<CompatLibrary> libraries;  // libcuda among them
  bool operator==(const CudaCompat&) const = default;
};

}  // namespace nvinject
