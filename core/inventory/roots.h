// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the inventory looks. Tests point these at made trees; nothing in this stage knows an
// absolute path otherwise.

#include <string>

#include "core/base/path.h"

namespace nvinject {

struct Roots {
  HostPath driver{"/"};  // nvidia-container-cli.root
  std::string
      ld_cache;  // nvidia-container-cli.ldcache; empty: /etc/ld.so.cache, in the driver root
  // The host's CUDA_MPS_PIPE_DIRECTORY, below the driver root, as it was given: what is no plain
  // path is a finding of the scan, as for any socket that cannot be used. Empty: the usual place.
  std::string mps_pipes;
  HostPath proc{"/proc"};
  HostPath sys{"/sys"};
  HostPath dev{"/dev"};
  HostPath state{"/run/nvinject"};  // fact cache and locks
};

}  // namespace nvinject
