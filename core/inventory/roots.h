// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the inventory looks. Tests point these at made trees; nothing in this stage knows an
// absolute path otherwise.

#include "core/base/path.h"

namespace nvinject {

struct Roots {
  HostPath driver{"/"};  // nvidia-container-cli.root
  std::string
      ld_cache;  // nvidia-container-cli.ldcache; empty: /etc/ld.so.cache, in the driver root
  HostPath proc{"/proc"};
  HostPath sys{"/sys"};
  HostPath dev{"/dev"};
  HostPath state{"/run/nvinject"};  // fact cache and locks
};

}  // namespace nvinject
