// SPDX-License-Identifier: Apache-2.0
#pragma once

// The CDI files of a machine. One that cannot be read is a problem only for who asks for a device
// that might be in it: the others go on.

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/path.h"
#include "core/cdi/spec.h"

namespace nvinject {

inline constexpr std::size_t kMaxCdiFiles = 256;          // in one directory
inline constexpr std::size_t kMaxCdiBytes = 16UL << 20U;  // in all

struct CdiFile {
  HostPath path;
  std::size_t directory = 0;  // which of the directories: a later one wins
  CdiSpec spec;
};

struct CdiRegistry {
  std::vector<std::string> directories;
  std::vector<CdiFile> files;  // directories in their order, files by name
  Decisions problems;          // files and directories that were left out, and why
};

// Every .yaml, .yml and .json; a directory that is not there is no problem. Files that others than
// root could have written are left out: what they say is done as root.
[[nodiscard]] CdiRegistry read_cdi_files(const std::vector<std::string>& directories);

}  // namespace nvinject
