// SPDX-License-Identifier: Apache-2.0
#pragma once

// The layout of /etc/ld.so.cache (glibc: sysdeps/generic/dl-cache.h), shared by its parser and its
// writer. Numbers are in the byte order of the machine, strings end with a NUL.
//
//   old table, "ld.so-1.7.0"                       new table, "glibc-ld.so.cache1.1"
//    0  magic (11 bytes, 1 of padding)              0  magic (20 bytes)
//   12  u32 count                                  20  u32 count
//   16  count × { i32 flags                        24  u32 bytes of strings
//                 u32 name ──┐                     28  u8  byte order (0 unknown, 2 little, 3 big)
//                 u32 path ──┤ }                   32  u32 offset of the extension, or 0
//    E ◄─────────────────────┘                     48  count × { i32 flags, u32 name, u32 path,
//    strings, offsets count from E                               u32 OS version, u64 hwcap }
//                                                      strings, offsets count from the new table's
//                                                      0
//
// Three files: the old table alone; the new one alone; or the old one and, at E rounded up to 8,
// the new one, which readers of the old table take for strings. Behind the strings, from glibc 2.33
// on:
//
//   extension, at a multiple of 4                  every offset here counts from the start of the
//   FILE
//    0  u32 magic 0xeaa42174                       tag 0: text, who wrote the cache
//    4  u32 count                                  tag 1: u32[], offsets of the names of
//    glibc-hwcaps 8  count × { u32 tag, u32 flags,                     folders ("x86-64-v3"); an
//    entry of such a
//                 u32 offset, u32 size }                  folder has bit 62 of hwcap and in its low
//                                                         half an index into this list
//
// ldconfig counts the offsets of tag 1 from the new table, the loader from the file. They differ
// only in the double layout, where the loader therefore finds no folder; it decides, so we count as
// it does.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nvinject::ld_cache_layout {

inline constexpr std::string_view kOldMagic = "ld.so-1.7.0";
inline constexpr std::size_t kOldCountAt = 12;
inline constexpr std::size_t kOldHeaderBytes = 16;
inline constexpr std::size_t kOldEntryBytes = 12;

inline constexpr std::string_view kNewMagic = "glibc-ld.so.cache1.1";
inline constexpr std::size_t kNewCountAt = 20;
inline constexpr std::size_t kNewByteOrderAt = 28;
inline constexpr std::size_t kNewExtensionAt = 32;
inline constexpr std::size_t kNewHeaderBytes = 48;
inline constexpr std::size_t kNewEntryBytes = 24;

inline constexpr std::uint8_t kByteOrderUnknown = 0;
inline constexpr std::uint8_t kByteOrderMask = 3;
inline constexpr std::uint8_t kNativeByteOrder = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 2 : 3;

inline constexpr std::uint32_t kExtensionMagic = 0xeaa42174;
inline constexpr std::size_t kExtensionHeaderBytes = 8;
inline constexpr std::size_t kSectionBytes = 16;
inline constexpr std::uint32_t kGeneratorTag = 0;
inline constexpr std::uint32_t kGlibcHwcapsTag = 1;

[[nodiscard]] constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace nvinject::ld_cache_layout
