// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where libraries appear in a container and under which names. The only file that knows: a faster
// layout (a prepared directory, bound once) changes this and nothing else.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/image/image_facts.h"
#include "core/inventory/inventory.h"
#include "core/plan/plan.h"
#include "core/plan/policy.h"

namespace nvinject {

struct LibraryLayout {
  std::vector<PlannedMount> mounts;
  std::vector<PlannedEnv> env;
  std::vector<LdCacheEntry>
      ld_cache_entries;  // what the image's ld.so.cache should say; may be empty
  Decisions decisions;
};

[[nodiscard]] LibraryLayout lay_out_libraries(const std::vector<Library>& libraries,
                                              const std::string& driver_version,
                                              const ImageFacts& image,
                                              LdCachePolicy ld_cache = LdCachePolicy::kWrite);

}  // namespace nvinject
