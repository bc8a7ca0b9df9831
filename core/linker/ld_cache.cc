// SPDX-License-Identifier: Apache-2.0
#include "core/linker/ld_cache.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/linker/sorted_entries.h"

namespace nvinject {
namespace {

#if defined(__x86_64__)
constexpr std::int32_t kNativeFlags = kLdCacheElfLibc6 | kLdCacheX8664;
constexpr std::int32_t kNativeFlags32 = kLdCacheElfLibc6;  // i386 has no ABI byte
#elif defined(__aarch64__)
constexpr std::int32_t kLdCacheArmHardFloat = 0x0900;
constexpr std::int32_t kNativeFlags = kLdCacheElfLibc6 | kLdCacheAarch64;
constexpr std::int32_t kNativeFlags32 = kLdCacheElfLibc6 | kLdCacheArmHardFloat;
#else
#error "the ABI byte of this architecture (glibc: sysdeps/generic/ldconfig.h) is not known here"
#endif

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A whole run of digits, with the wrap-around of the linker's int.
std::int32_t take_number(std::string_view& text) {
  std::uint32_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = value * 10 + static_cast<std::uint32_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return static_cast<std::int32_t>(value);
}

// The end of a name compares as the NUL that it is in the file.
char front_or_nul(std::string_view text) { return text.empty() ? '\0' : text.front(); }

template <class T>
int order(T a, T b) {
  return a == b ? 0 : (a < b ? -1 : 1);
}

}  // namespace

std::int32_t native_ld_cache_flags() { return kNativeFlags; }
std::int32_t native_ld_cache_flags_32() { return kNativeFlags32; }

// The linker returns differences, which overflow for numbers 2^31 apart and then order three names
// in a circle; std::sort on a hostile cache must not meet that, so numbers are compared instead.
int compare_ld_cache_names(std::string_view a, std::string_view b) {
  for (;;) {
    const char next_a = front_or_nul(a);
    const char next_b = front_or_nul(b);
    int result = 0;
    if (is_digit(next_a) && is_digit(next_b)) {
      result = order(take_number(a), take_number(b));
    } else if (is_digit(next_a) != is_digit(next_b)) {
      return is_digit(next_a) ? 1 : -1;
    } else {
      result = order(next_a, next_b);
      if (result == 0 && a.empty()) return 0;
      if (result == 0) {
        a.remove_prefix(1);
        b.remove_prefix(1);
      }
    }
    if (result != 0) return result;
  }
}

bool ld_cache_sorts_before(const LdCacheEntry& a, const LdCacheEntry& b) {
  const int names = compare_ld_cache_names(a.soname, b.soname);
  return names != 0 ? names > 0 : a.flags > b.flags;
}

LdCache merge_ld_cache(LdCache image, const std::vector<LdCacheEntry>& driver) {
  std::vector<LdCacheEntry> ours;
  for (const LdCacheEntry& entry : driver) {
    if (std::find(ours.begin(), ours.end(), entry) == ours.end()) ours.push_back(entry);
  }
  std::erase_if(image.entries, [&ours](const LdCacheEntry& entry) {
    return std::find(ours.begin(), ours.end(), entry) != ours.end();
  });
  std::vector<LdCacheEntry*> both;
  both.reserve(ours.size() + image.entries.size());
  // Of equal elements std::merge takes those of the first range first.
  const auto first = sorted_entries(ours);
  const auto second = sorted_entries(image.entries);
  std::merge(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(both),
             [](const auto* a, const auto* b) { return ld_cache_sorts_before(*a, *b); });
  std::vector<LdCacheEntry> merged;
  merged.reserve(both.size());
  for (LdCacheEntry* entry : both) merged.push_back(std::move(*entry));
  image.entries = std::move(merged);
  return image;
}

}  // namespace nvinject
