// SPDX-License-Identifier: Apache-2.0

// /etc/ld.so.cache comes from an image. Whatever parses must survive being written and read again,
// and being merged with the driver's entries twice.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string_view>

#include "core/linker/ld_cache.h"

namespace nvinject {
namespace {

const std::vector<LdCacheEntry>& driver() {
  static const std::vector<LdCacheEntry> entries = {
      {.flags = 0x0303, .soname = "libcuda.so.1", .path = "/usr/lib/libcuda.so.1"},
      {.flags = 0x0003, .soname = "libcuda.so.1", .path = "/usr/lib32/libcuda.so.1"},
      {.flags = 0x0303, .soname = "libfoo.so.9", .path = "/usr/lib/libfoo.so.9"}};
  return entries;
}

// A cache of the shape that the bytes choose, where a mutator starts from nothing.
std::string make_cache(unsigned seed) {
  std::minstd_rand random(seed);
  LdCache cache;
  cache.format = static_cast<LdCacheFormat>(random() % 3);
  for (unsigned i = random() % 8; i > 0; --i) {
    const std::string name = "lib" + std::to_string(random() % 4) + ".so." + std::to_string(i);
    cache.entries.push_back(
        {.flags = 0x0303, .soname = name, .path = "/usr/lib/" + name, .os_version = 0, .hwcap = 0});
    if (random() % 4 == 0 && cache.format != LdCacheFormat::kOld) {
      cache.entries.back().hwcap = (std::uint64_t{1} << 62U) | (random() % 2);
    }
  }
  if (cache.format != LdCacheFormat::kOld) {
    cache.generator = "ldconfig";
    cache.glibc_hwcaps = {"x86-64-v2", "x86-64-v3"};
  }
  return serialise_ld_cache(cache);
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view bytes) {
  const auto cache = parse_ld_cache(bytes);
  if (!cache) return;
  const LdCache sorted = merge_ld_cache(*cache, {});
  // An old table of a compat file drops what an old reader cannot use; the new one drops nothing.
  require(parse_ld_cache(serialise_ld_cache(*cache)) == sorted);
  const LdCache merged = merge_ld_cache(*cache, driver());
  require(merge_ld_cache(merged, driver()) == merged);
  const std::string written = serialise_ld_cache(merged);
  require(written.size() <= kMaxLdCacheBytes);
  require(parse_ld_cache(written) == merged);
}

}  // namespace
}  // namespace nvinject

// Seeds are made here instead of being kept as binary files: an input that is no cache is also a
// number from which a valid one is made, then damaged with the input's bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  nvinject::check(bytes);
  if (size < 1) return 0;
  std::string made = nvinject::make_cache(data[0]);
  for (std::size_t i = 1; i + 2 < size; i += 3) {
    made[(data[i] * 256U + data[i + 1]) % made.size()] = static_cast<char>(data[i + 2]);
  }
  nvinject::check(made);
  return 0;
}
