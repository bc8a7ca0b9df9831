// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace nvinject {

// Which file it is, whatever its name: stat(2) says the same of it through every descriptor.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

}  // namespace nvinject
