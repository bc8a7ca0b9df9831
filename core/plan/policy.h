// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace nvinject {

// nvinject.ld-cache: what becomes of the image's /etc/ld.so.cache.
enum class LdCachePolicy { kWrite, kOff };

struct Policy {
  LdCachePolicy ld_cache = LdCachePolicy::kWrite;
  // features.no-additional-gids-for-device-nodes, inverted
  bool additional_gids = true;
  // Sockets of driver daemons that nobody is to get, by the names of socket_table().
  std::vector<std::string> omitted_sockets;
  bool operator==(const Policy&) const = default;
};

}  // namespace nvinject
