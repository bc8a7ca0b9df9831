// SPDX-License-Identifier: Apache-2.0
#pragma once

// /etc/ld.so.cache as a value (glibc: sysdeps/generic/dl-cache.h, elf/cache.c, ldconfig(8)). Pure:
// bytes to value and back. The bytes may come from an image and are hostile: every offset and count
// is checked against the size before use.

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

// The three layouts that glibc has written: only the old table (before 2.2), the old one with the
// new one behind it (the default before glibc 2.32, `ldconfig -c compat`), the new one alone.
enum class LdCacheFormat { kOld, kCompat, kNew };

struct LdCache {
  LdCacheFormat format = LdCacheFormat::kNew;
  std::vector<LdCacheEntry> entries;  // of the new table where there is one; in file order
  // Extension section of glibc 2.33 and later, kept as it is (never in kOld): generator string, and
  // the names that glibc-hwcaps entries (their hwcap has bit 62 set) point at by index.
  std::string generator;
  std::vector<std::string> glibc_hwcaps;

  bool operator==(const LdCache&) const = default;
};

// kInvalidRequest names what is wrong ("entry 12: name offset 99999 outside of 4096 bytes").
[[nodiscard]] Result<LdCache> parse_ld_cache(std::string_view bytes);

// The dynamic linker's own comparison of names: digits count as numbers and sort behind everything
// else. Negative, zero or positive.
[[nodiscard]] int compare_ld_cache_names(std::string_view a, std::string_view b);

// The order in a file: names descending, as the linker's binary search needs them, then flags
// descending, as ldconfig writes them. Entries of one name and ABI keep the order they come in: the
// linker takes the first that fits, and ldconfig puts those of hwcap folders in front.
[[nodiscard]] bool ld_cache_sorts_before(const LdCacheEntry& a, const LdCacheEntry& b);

// The bytes of the cache in its format, entries stably sorted.
[[nodiscard]] std::string serialise_ld_cache(const LdCache& cache);

// `image`, sorted, with every entry of `driver` (hwcap 0) in front of the image's entries of the
// same name and ABI. In front also of those in hwcap folders: the linker of every glibc ends its
// search at the first plain entry that fits, so a libcuda.so.1 that the image has under
// glibc-hwcaps/x86-64-v3 does not win over the driver's. The image's entries stay listed behind. Of
// identical entries one is kept. Idempotent.
[[nodiscard]] LdCache merge_ld_cache(LdCache image, const std::vector<LdCacheEntry>& driver);

}  // namespace nvinject
