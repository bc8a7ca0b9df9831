// SPDX-License-Identifier: Apache-2.0
#include "core/linker/ld_cache.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int32_t kX8664 = kLdCacheElfLibc6 | kLdCacheX8664;
constexpr std::int32_t kI386 = kLdCacheElfLibc6;
constexpr std::uint64_t kHwcapExtension = std::uint64_t{1} << 62U;
constexpr std::uint32_t kLinux320 = 0x00030200;

LdCacheEntry entry(std::string path, std::int32_t flags = kX8664) {
  std::string soname = path.substr(path.rfind('/') + 1);
  return {.flags = flags, .soname = std::move(soname), .path = std::move(path)};
}

// Sorted, with everything that a format may carry.
LdCache sample(LdCacheFormat format) {
  LdCache cache{.format = format, .entries = {}, .generator = {}, .glibc_hwcaps = {}};
  cache.entries = {entry("/lib/x86_64-linux-gnu/libz.so.1"),
                   entry("/lib/libz.so.1", kI386),
                   entry("/lib/libfoo.so.10"),
                   entry("/lib/libfoo.so.9"),
                   {.flags = kX8664, .soname = "libbar.so.1", .path = "/opt/bar/bar-1.2.so"},
                   entry("/lib64/ld-linux-x86-64.so.2")};
  if (format == LdCacheFormat::kOld) return cache;
  cache.entries[2].os_version = kLinux320;
  LdCacheEntry fast = entry("/lib/glibc-hwcaps/x86-64-v3/libz.so.1");
  fast.hwcap = kHwcapExtension | (std::uint64_t{3} << 32U) | 1U;
  cache.entries.insert(cache.entries.begin(), fast);
  cache.generator = "ldconfig (GNU libc) release version 2.36";
  cache.glibc_hwcaps = {"x86-64-v2", "x86-64-v3"};
  return cache;
}

class LdCacheFormats : public ::testing::TestWithParam<LdCacheFormat> {};
INSTANTIATE_TEST_SUITE_P(LdCache, LdCacheFormats,
                         ::testing::Values(LdCacheFormat::kOld, LdCacheFormat::kCompat,
                                           LdCacheFormat::kNew));

TEST_P(LdCacheFormats, WhatIsWrittenIsReadBack) {
  const LdCache cache = sample(GetParam());
  EXPECT_EQ(parse_ld_cache(serialise_ld_cache(cache)), cache);
}

TEST_P(LdCacheFormats, AnEmptyCacheIsACache) {
  const LdCache cache{.format = GetParam(), .entries = {}, .generator = {}, .glibc_hwcaps = {}};
  EXPECT_EQ(parse_ld_cache(serialise_ld_cache(cache)), cache);
}

TEST_P(LdCacheFormats, EveryTruncationIsReadOrRefused) {
  const std::string bytes = serialise_ld_cache(sample(GetParam()));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cache = parse_ld_cache(std::string_view(bytes).substr(0, size));
    if (!cache) {
      EXPECT_EQ(cache.error().code, ErrorCode::kInvalidRequest);
    }
  }
}

TEST_P(LdCacheFormats, EveryDamagedByteIsReadOrRefused) {
  const std::string bytes = serialise_ld_cache(sample(GetParam()));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char value : {'\xff', '\x7f', '\x00', '\x01'}) {
      std::string damaged = bytes;
      damaged[at] = value;
      const auto cache = parse_ld_cache(damaged);
      if (!cache) continue;
      const auto again = parse_ld_cache(serialise_ld_cache(*cache));
      ASSERT_TRUE(again) << again.error().message;
    }
  }
}

// The old table of the double layout is for readers from before glibc 2.2: it has no hwcaps, and an
// even number of entries.
TEST(LdCache, TheDoubleLayoutHasAnOldTableOfItsOwn) {
  std::string bytes = serialise_ld_cache(sample(LdCacheFormat::kCompat));
  bytes.replace(bytes.find("glibc-ld.so.cache1.1"), 5, "hidde");
  const auto old = parse_ld_cache(bytes);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(old->format, LdCacheFormat::kOld);
  EXPECT_EQ(old->entries, sample(LdCacheFormat::kOld).entries);
}

TEST(LdCache, AnOddOldTableHasItsLastEntryTwice) {
  LdCache cache = sample(LdCacheFormat::kCompat);
  cache.entries.pop_back();
  const std::string bytes = serialise_ld_cache(cache);
  EXPECT_EQ(bytes[12], 6);
  EXPECT_EQ(bytes.substr(16 + 4 * 12, 12), bytes.substr(16 + 5 * 12, 12));
  EXPECT_EQ(parse_ld_cache(bytes), cache);
}

TEST(LdCache, NamesCompareLikeTheLinkersOwn) {
  struct Row {
    const char* a;
    const char* b;
    int expected;
  };
  for (const Row& row : std::initializer_list<Row>{{"", "", 0},
                                                   {"liba.so", "liba.so", 0},
                                                   {"libfoo.so.9", "libfoo.so.10", -1},
                                                   {"libfoo.so.09", "libfoo.so.9", 0},
                                                   {"libfoo.so.1", "libfoo.so", 1},
                                                   {"lib1", "liba", 1},
                                                   {"lib", "lib1", -1},
                                                   {"liba", "libb", -1},
                                                   {"libcuda.so.1", "libcudart.so.1", -1},
                                                   {"a2147483648", "a1", -1}}) {
    const int forward = compare_ld_cache_names(row.a, row.b);
    const int backward = compare_ld_cache_names(row.b, row.a);
    EXPECT_EQ((forward > 0) - (forward < 0), row.expected) << row.a << " " << row.b;
    EXPECT_EQ((backward > 0) - (backward < 0), -row.expected) << row.b << " " << row.a;
  }
}

TEST(LdCache, EntriesAreWrittenInTheOrderOfTheBinarySearch) {
  LdCache cache = sample(LdCacheFormat::kNew);
  const std::vector<LdCacheEntry> expected = cache.entries;
  // Of one name and ABI the first stays the first, so these two are not turned around.
  std::reverse(cache.entries.begin() + 2, cache.entries.end());
  const auto read = parse_ld_cache(serialise_ld_cache(cache));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entries, expected);
}

TEST(MergeLdCache, TheDriverComesBeforeTheImagesOwnAndEverythingStaysListed) {
  LdCache image = sample(LdCacheFormat::kNew);
  LdCacheEntry fast = entry("/usr/lib/glibc-hwcaps/x86-64-v3/libcuda.so.1");
  fast.hwcap = kHwcapExtension | 1U;
  image.entries.insert(image.entries.begin(), {fast, entry("/usr/local/cuda/compat/libcuda.so.1"),
                                               entry("/usr/lib32/libcuda.so.1", kI386)});
  const LdCacheEntry ours = entry("/lib/x86_64-linux-gnu/libcuda.so.1");
  const LdCacheEntry ours_32 = entry("/lib/i386-linux-gnu/libcuda.so.1", kI386);
  const LdCache merged = merge_ld_cache(image, {ours_32, ours});
  std::vector<std::string> cuda;
  for (const LdCacheEntry& one : merged.entries) {
    if (one.soname == "libcuda.so.1") cuda.push_back(one.path);
  }
  EXPECT_THAT(cuda, ElementsAre(ours.path, fast.path, "/usr/local/cuda/compat/libcuda.so.1",
                                ours_32.path, "/usr/lib32/libcuda.so.1"));
  EXPECT_EQ(merged.entries.size(), image.entries.size() + 2);
  EXPECT_EQ(merged.glibc_hwcaps, image.glibc_hwcaps);
  EXPECT_EQ(merged.generator, image.generator);
}

TEST(MergeLdCache, TwiceIsOnce) {
  const std::vector<LdCacheEntry> driver = {entry("/lib/libcuda.so.1"), entry("/lib/libcuda.so.1"),
                                            entry("/lib/libnvidia-ml.so.1")};
  for (const LdCacheFormat format :
       {LdCacheFormat::kOld, LdCacheFormat::kCompat, LdCacheFormat::kNew}) {
    const LdCache once = merge_ld_cache(sample(format), driver);
    EXPECT_EQ(once.entries.size(), sample(format).entries.size() + 2);
    EXPECT_EQ(merge_ld_cache(once, driver), once);
    EXPECT_EQ(parse_ld_cache(serialise_ld_cache(once)), once);
  }
}

TEST(MergeLdCache, AnEntryOfTheImageThatIsOursMovesToTheFront) {
  LdCache image{.format = LdCacheFormat::kNew, .entries = {}, .generator = {}, .glibc_hwcaps = {}};
  image.entries = {entry("/opt/libcuda.so.1"), entry("/lib/libcuda.so.1")};
  EXPECT_THAT(merge_ld_cache(image, {entry("/lib/libcuda.so.1")}).entries,
              ElementsAre(entry("/lib/libcuda.so.1"), entry("/opt/libcuda.so.1")));
}

TEST(MergeLdCache, NothingToAddLeavesASortedCacheAsItIs) {
  const LdCache image = sample(LdCacheFormat::kNew);
  EXPECT_EQ(merge_ld_cache(image, {}), image);
}

void overwrite(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

TEST(ParseLdCache, NamesWhatIsWrong) {
  const std::string good = serialise_ld_cache(sample(LdCacheFormat::kNew));
  struct Row {
    std::size_t at;
    std::uint32_t value;
    const char* message;
  };
  for (const Row& row :
       std::initializer_list<Row>{{0, 0, "it is none"},
                                  {20, 0xffffffff, "does not fit"},
                                  {28, 3, "another byte order"},
                                  {28, 1, "another byte order"},
                                  {32, 4, "no extension"},
                                  {32, 0xfffffff0, "no extension"},
                                  {48 + 24 * 2 + 4, 99999, "entry 2: "},
                                  {48 + 24 * 2 + 8, 99999, "path offset 99999 outside of"}}) {
    std::string bytes = good;
    overwrite(bytes, row.at, row.value);
    const auto cache = parse_ld_cache(bytes);
    ASSERT_FALSE(cache) << row.message;
    EXPECT_EQ(cache.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(cache.error().message, HasSubstr(row.message));
  }
}

TEST(ParseLdCache, CachesOfOlderGlibcSayNothingAboutTheirByteOrder) {
  std::string bytes = serialise_ld_cache(sample(LdCacheFormat::kNew));
  bytes[28] = 0;
  EXPECT_EQ(parse_ld_cache(bytes), sample(LdCacheFormat::kNew));
}

TEST(ParseLdCache, AnUnknownSectionIsPassedOver) {
  std::string bytes = serialise_ld_cache(sample(LdCacheFormat::kNew));
  std::uint32_t extension = 0;
  std::memcpy(&extension, bytes.data() + 32, sizeof extension);
  overwrite(bytes, extension + 8, 77);
  const auto cache = parse_ld_cache(bytes);
  ASSERT_TRUE(cache);
  EXPECT_THAT(cache->generator, IsEmpty());
  EXPECT_EQ(cache->glibc_hwcaps.size(), 2U);
}

// Half a million entries that share one long string would be gigabytes of text.
TEST(ParseLdCache, SharedStringsDoNotMultiplyMemory) {
  constexpr std::uint32_t kEntries = 60000;
  std::string bytes = "glibc-ld.so.cache1.1";
  bytes.resize(48 + std::size_t{kEntries} * 24);
  const auto strings = static_cast<std::uint32_t>(bytes.size());
  bytes.append(4000, 'a').push_back('\0');
  overwrite(bytes, 20, kEntries);
  for (std::size_t i = 0; i < kEntries; ++i) {
    overwrite(bytes, 48 + i * 24 + 4, strings);
    overwrite(bytes, 48 + i * 24 + 8, strings);
  }
  const auto cache = parse_ld_cache(bytes);
  ASSERT_FALSE(cache);
  EXPECT_THAT(cache.error().message, HasSubstr("bytes of names and paths"));
}

TEST(ParseLdCache, ALimitedNumberOfEntries) {
  std::string bytes = "glibc-ld.so.cache1.1";
  bytes.resize(48 + std::size_t{70000} * 24 + 1);
  overwrite(bytes, 20, 70000);
  const auto cache = parse_ld_cache(bytes);
  ASSERT_FALSE(cache);
  EXPECT_THAT(cache.error().message, HasSubstr("70000 entries"));
}

}  // namespace
}  // namespace nvinject
