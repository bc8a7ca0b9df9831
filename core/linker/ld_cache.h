// SPDX-License-Identifier: Apache-2.0
#pragma once

// /etc/ld.so.cache as a value (glibc: sysdeps/generic/dl-cache.h, elf/cache.c, ldconfig(8)). Pure: bytes
// to value and back. The bytes may come from an image and are hostile: every offset and count is checked
// against the size before use.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

// A bigger file than any distribution's, small enough to read in a start path.
inline constexpr std::size_t kMaxLdCacheBytes = 16U << 20U;

// Flags of an entry: low byte the kind of library, next byte the ABI.
inline constexpr std::int32_t kLdCacheElfLibc6 = 0x0003;
inline constexpr std::int32_t kLdCacheX8664 = 0x0300;
inline constexpr std::int32_t kLdCacheAarch64 = 0x0a00;

// The flags of this host's 64-bit libraries (0x0303 on x86-64) and of its 32-bit ones.
[[nodiscard]] std::int32_t native_ld_cache_flags();
[[nodiscard]] std::int32_t native_ld_cache_flags_32();

struct LdCacheEntry {
  std::int32_t flags = 0;
  std::string soname;  // the key
  std::string path;    // the value, absolute
  std::uint32_t os_version = 0;
  std::uint64_t hwcap = 0;  // 0 except for libraries in hwcap directories

  bool operator==(const LdCacheEntry&) const = default;
};

// The three layouts that glibc has written: only the old table (before 2.2), the old one with the new
// one behind it (Debian 11 and older: `ldconfig -c compat`), the new one alone (glibc 2.32 and later).
enum class LdCacheFormat { kOld, kCompat, kNew };

struct LdCache {
  LdCacheFormat format = LdCacheFormat::kNew;
  std::vector<LdCacheEntry> entries;  // of the new table where there is one; in file order
  // Extension section of glibc 2.33 and later, kept as it is: generator string, and the names that
  // glibc-hwcaps entries (their hwcap has bit 62 set) point at by index.
  std::string generator;
  std::vector<std::string> glibc_hwcaps;

  bool operator==(const LdCache&) const = default;
};

// kInvalidRequest names what is wrong ("entry 12: name offset 99999 outside of 4096 bytes").
[[nodiscard]] Result<LdCache> parse_ld_cache(std::string_view bytes);

// The bytes of the cache in its format, entries sorted as the dynamic linker's binary search needs them
// (its own comparison of names, where digits count as numbers).
[[nodiscard]] std::string serialise_ld_cache(const LdCache& cache);

// `image` with `driver` in front: an entry of the image with the same name and flags as a driver entry
// sorts behind it, an identical one is not doubled. Idempotent.
[[nodiscard]] LdCache merge_ld_cache(LdCache image, const std::vector<LdCacheEntry>& driver);

}  // namespace nvinject
