// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which libraries of the driver a container has where its own dynamic linker searches. NRI says
// nothing of the image, so the plugin mounts into the directories of several distributions: those
// that are this image's get an entry in its ld.so.cache.

#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/image/image_facts.h"
#include "core/json/json.h"
#include "core/linker/ld_cache.h"
#include "core/os/container_root.h"

namespace nvinject::compat {

// Where the spec mounts files of these names, in the order of the spec; relative destinations,
// which mean different things to different runtimes, are left out.
[[nodiscard]] Result<std::vector<ContainerPath>> find_mounts(const Json& spec,
                                                             const std::vector<std::string>& names);

// Entries for those of them that lie beside the image's libc.so.6, 64 bit and 32 bit, or for a libc
// of /lib/… in the same directory of /usr, which its linker searches too (Debian and Ubuntu before
// the merged /usr).
[[nodiscard]] std::vector<LdCacheEntry> make_cache_entries(
    const std::vector<ContainerPath>& destinations, const ImageFacts& image,
    const ContainerRoot& root);

}  // namespace nvinject::compat
