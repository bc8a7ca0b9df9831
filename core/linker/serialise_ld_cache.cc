// SPDX-License-Identifier: Apache-2.0
#include "core/linker/ld_cache.h"
#include "core/linker/ld_cache_layout.h"
#include "core/linker/sorted_entries.h"

namespace nvinject {
namespace {

using namespace ld_cache_layout;  // NOLINT(google-build-using-namespace): the drawing of this file

using EntryPointers = std::vector<const LdCacheEntry*>;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_u32(std::string& out, std::size_t value) { put(out, static_cast<std::uint32_t>(value)); }

void pad_to(std::string& out, std::size_t multiple) { out.resize(round_up(out.size(), multiple)); }

// Offsets from the first string.
struct EntryStrings {
  std::size_t name = 0;
  std::size_t path = 0;
};

struct Strings {
  std::string bytes;
  std::vector<EntryStrings> of_entries;
  std::vector<std::size_t> of_hwcaps;

  std::size_t add(std::string_view text) {
    const std::size_t offset = bytes.size();
    bytes.append(text).push_back('\0');
    return offset;
  }
};

// A path nearly always ends with the name, which then needs no string of its own (ldconfig
// since 2.33 shares them in the same way).
Strings make_strings(const EntryPointers& entries, const std::vector<std::string>& hwcaps) {
  Strings strings;
  strings.bytes.reserve(entries.size() * 64);
  strings.of_entries.reserve(entries.size());
  for (const LdCacheEntry* entry : entries) {
    EntryStrings of_entry;
    of_entry.path = strings.add(entry->path);
    of_entry.name = entry->path.ends_with(entry->soname)
                        ? of_entry.path + entry->path.size() - entry->soname.size()
                        : strings.add(entry->soname);
    strings.of_entries.push_back(of_entry);
  }
  for (const std::string& name : hwcaps) strings.of_hwcaps.push_back(strings.add(name));
  return strings;
}

// The old table knows no hwcaps: their entries stay out of it. `strings_from` is where the strings
// are, counted from the end of the table. `even`: glibc doubles the last entry of an odd table so
// that the new one behind it is aligned for every architecture.
void put_old_table(std::string& out, const EntryPointers& entries, const Strings& strings,
                   std::size_t strings_from, bool even) {
  std::string table;
  std::size_t count = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i]->hwcap != 0) continue;
    put(table, entries[i]->flags);
    put_u32(table, strings_from + strings.of_entries[i].name);
    put_u32(table, strings_from + strings.of_entries[i].path);
    ++count;
  }
  if (even && count % 2 == 1) {
    table.append(table, table.size() - kOldEntryBytes, kOldEntryBytes);
    ++count;
  }
  out.append(kOldMagic).resize(kOldCountAt);
  put_u32(out, count);
  out.append(table);
}

// Sections in the order of glibc: directory, hwcaps, generator. `names_from` is where the strings
// are in the file.
void put_extension(std::string& out, const LdCache& cache, const Strings& strings,
                   std::size_t names_from) {
  const std::size_t count =
      (cache.generator.empty() ? 0U : 1U) + (cache.glibc_hwcaps.empty() ? 0U : 1U);
  const std::size_t hwcaps_at = out.size() + kExtensionHeaderBytes + count * kSectionBytes;
  const std::size_t hwcaps_bytes = cache.glibc_hwcaps.size() * sizeof(std::uint32_t);
  const auto put_section = [&out](std::uint32_t tag, std::size_t offset, std::size_t size) {
    put_u32(out, tag);
    put_u32(out, 0);
    put_u32(out, offset);
    put_u32(out, size);
  };
  put_u32(out, kExtensionMagic);
  put_u32(out, count);
  if (!cache.generator.empty()) {
    put_section(kGeneratorTag, hwcaps_at + hwcaps_bytes, cache.generator.size());
  }
  if (!cache.glibc_hwcaps.empty()) put_section(kGlibcHwcapsTag, hwcaps_at, hwcaps_bytes);
  for (const std::size_t name : strings.of_hwcaps) put_u32(out, names_from + name);
  out.append(cache.generator);
}

void put_new_table(std::string& out, const LdCache& cache, const EntryPointers& entries,
                   const Strings& strings) {
  const std::size_t start = out.size();
  const std::size_t strings_from = kNewHeaderBytes + entries.size() * kNewEntryBytes;
  const bool has_extension = !cache.generator.empty() || !cache.glibc_hwcaps.empty();
  out.append(kNewMagic);
  put_u32(out, entries.size());
  put_u32(out, strings.bytes.size());
  put_u32(out, 0);
  out[start + kNewByteOrderAt] = static_cast<char>(kNativeByteOrder);
  put_u32(out, has_extension ? round_up(start + strings_from + strings.bytes.size(), 4) : 0);
  out.resize(start + kNewHeaderBytes);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    put(out, entries[i]->flags);
    put_u32(out, strings_from + strings.of_entries[i].name);
    put_u32(out, strings_from + strings.of_entries[i].path);
    put(out, entries[i]->os_version);
    put(out, entries[i]->hwcap);
  }
  out.append(strings.bytes);
  if (has_extension) {
    pad_to(out, 4);
    put_extension(out, cache, strings, start + strings_from);
  }
}

}  // namespace

std::string serialise_ld_cache(const LdCache& cache) {
  const EntryPointers entries = sorted_entries(cache.entries);
  const Strings strings = make_strings(entries, cache.glibc_hwcaps);
  std::string out;
  out.reserve(strings.bytes.size() + (entries.size() + 8) * (kOldEntryBytes + kNewEntryBytes));
  if (cache.format == LdCacheFormat::kOld) {
    put_old_table(out, entries, strings, 0, false);
    out.append(strings.bytes);
    return out;
  }
  if (cache.format == LdCacheFormat::kCompat) {
    put_old_table(out, entries, strings, kNewHeaderBytes + entries.size() * kNewEntryBytes, true);
    pad_to(out, 8);
  }
  put_new_table(out, cache, entries, strings);
  return out;
}

}  // namespace nvinject
