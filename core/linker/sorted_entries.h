// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "core/linker/ld_cache.h"

namespace nvinject {

// Pointers to the entries in the order of a file; equal ones keep their order. `Entries` is a
// vector of entries, const or not. Not std::stable_sort: of libstdc++ 12 it warns under clang, and
// moving pointers is cheaper than moving entries.
template <class Entries>
[[nodiscard]] auto sorted_entries(Entries& entries) {
  std::vector<decltype(&entries[0])> pointers;
  pointers.reserve(entries.size());
  for (auto& entry : entries) pointers.push_back(&entry);
  const auto before = [](const LdCacheEntry* a, const LdCacheEntry* b) {
    if (ld_cache_sorts_before(*a, *b)) return true;
    return a < b && !ld_cache_sorts_before(*b, *a);
  };
  // Nearly always they are sorted already, which costs half as much to find out this way.
  const bool done = std::is_sorted(entries.begin(), entries.end(), ld_cache_sorts_before);
  if (!done) std::sort(pointers.begin(), pointers.end(), before);
  return pointers;
}

}  // namespace nvinject
