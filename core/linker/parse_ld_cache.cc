// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/text.h"
#include "core/linker/ld_cache.h"
#include "core/linker/ld_cache_layout.h"

namespace nvinject {
namespace {

using namespace ld_cache_layout;  // NOLINT(google-build-using-namespace): the drawing of this file

// A full desktop has 5,000 entries and 0.3 MB of strings. Entries may share their strings, so a
// small hostile file could mean terabytes of text: both are bounded, and so low that a parsed cache
// written again (strings, and at most 36 bytes an entry) is never larger than a file we read.
constexpr std::size_t kMaxEntries = 65536;
constexpr std::size_t kMaxTextBytes = kMaxLdCacheBytes / 2;
constexpr std::size_t kMaxStringBytes = 4096;  // PATH_MAX
constexpr std::size_t kMaxExtensionSections = 64;

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::kInvalidRequest, "parse ld.so.cache: " + what);
}

struct Table {
  std::size_t first_entry = 0;
  std::size_t entry_bytes = 0;
  std::size_t count = 0;
  std::size_t strings = 0;  // where offsets of strings count from
};

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  Result<LdCache> parse();

 private:
  template <class T>
  [[nodiscard]] std::optional<T> number(std::size_t offset) const {
    T value{};
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  // For places that were checked to lie inside.
  template <class T>
  [[nodiscard]] T checked_number(std::size_t offset) const {
    return number<T>(offset).value_or(T{});
  }
  [[nodiscard]] bool has(std::size_t offset, std::string_view text) const {
    return offset <= bytes_.size() && bytes_.substr(offset).starts_with(text);
  }

  [[nodiscard]] Result<Table> old_table() const;
  [[nodiscard]] Result<Table> new_table(std::size_t start) const;
  Result<std::vector<LdCacheEntry>> entries(const Table& table);
  Result<std::string> text(std::size_t from, std::uint32_t offset, const char* what);
  Result<void> read_extension(std::size_t extension, LdCache& cache);
  Result<void> read_section(std::size_t section, LdCache& cache);

  std::string_view bytes_;
  std::size_t text_bytes_ = 0;
};

Result<Table> Parser::old_table() const {
  const auto count = number<std::uint32_t>(kOldCountAt);
  if (!count || (bytes_.size() - kOldHeaderBytes) / kOldEntryBytes < *count) {
    return malformed("the old table does not fit into " + std::to_string(bytes_.size()) + " bytes");
  }
  return Table{.first_entry = kOldHeaderBytes,
               .entry_bytes = kOldEntryBytes,
               .count = *count,
               .strings = kOldHeaderBytes + *count * kOldEntryBytes};
}

Result<Table> Parser::new_table(std::size_t start) const {
  const std::size_t size = bytes_.size() - start;
  const auto count = number<std::uint32_t>(start + kNewCountAt);
  if (size < kNewHeaderBytes || !count || (size - kNewHeaderBytes) / kNewEntryBytes < *count) {
    return malformed("the new table does not fit into " + std::to_string(size) + " bytes");
  }
  const auto order = checked_number<std::uint8_t>(start + kNewByteOrderAt);
  if (order != kByteOrderUnknown && (order & kByteOrderMask) != kNativeByteOrder) {
    return malformed("written for another byte order");
  }
  return Table{.first_entry = start + kNewHeaderBytes,
               .entry_bytes = kNewEntryBytes,
               .count = *count,
               .strings = start};
}

Result<std::string> Parser::text(std::size_t from, std::uint32_t offset, const char* what) {
  const std::string_view strings = bytes_.substr(from);
  if (offset >= strings.size()) {
    return malformed(std::string(what) + " offset " + std::to_string(offset) + " outside of " +
                     std::to_string(strings.size()) + " bytes");
  }
  const std::string_view rest = strings.substr(offset, kMaxStringBytes);
  const std::size_t length = rest.find('\0');
  if (length == std::string_view::npos) {
    return malformed(std::string(what) + " offset " + std::to_string(offset) +
                     " has a string without an end");
  }
  text_bytes_ += length + 1;
  if (text_bytes_ > kMaxTextBytes) {
    return malformed("more than " + std::to_string(kMaxTextBytes) + " bytes of names and paths");
  }
  return std::string(rest.substr(0, length));
}

Result<std::vector<LdCacheEntry>> Parser::entries(const Table& table) {
  if (table.count > kMaxEntries) {
    return malformed(std::to_string(table.count) + " entries, more than " +
                     std::to_string(kMaxEntries));
  }
  std::vector<LdCacheEntry> found(table.count);
  for (std::size_t i = 0; i < table.count; ++i) {
    const std::size_t at = table.first_entry + i * table.entry_bytes;
    const auto string_at = [&](std::size_t field, const char* what) -> Result<std::string> {
      auto string = text(table.strings, checked_number<std::uint32_t>(at + field), what);
      if (!string) return malformed("entry " + std::to_string(i) + ": " + string.error().message);
      return string;
    };
    LdCacheEntry& entry = found[i];
    entry.flags = checked_number<std::int32_t>(at);
    NVINJECT_ASSIGN_OR_RETURN(entry.soname, string_at(4, "name"));
    NVINJECT_ASSIGN_OR_RETURN(entry.path, string_at(8, "path"));
    if (table.entry_bytes == kNewEntryBytes) {
      entry.os_version = checked_number<std::uint32_t>(at + 12);
      entry.hwcap = checked_number<std::uint64_t>(at + 16);
    }
  }
  return found;
}

// Tags that we do not know are dropped: the format promises that a reader may ignore them.
Result<void> Parser::read_section(std::size_t section, LdCache& cache) {
  const auto tag = checked_number<std::uint32_t>(section);
  const std::size_t offset = checked_number<std::uint32_t>(section + 8);
  const std::size_t size = checked_number<std::uint32_t>(section + 12);
  if (offset > bytes_.size() || bytes_.size() - offset < size) {
    return malformed("section " + std::to_string(tag) + " lies outside of the file");
  }
  if (tag == kGeneratorTag) {
    if (size > kMaxStringBytes)
      return malformed("a generator of " + std::to_string(size) + " bytes");
    cache.generator = bytes_.substr(offset, size);
  } else if (tag == kGlibcHwcapsTag) {
    cache.glibc_hwcaps.clear();
    for (std::size_t at = 0; at + 4 <= size; at += 4) {
      if (cache.glibc_hwcaps.size() == kMaxEntries) return malformed("too many glibc-hwcaps names");
      NVINJECT_ASSIGN_OR_RETURN(
          std::string name,
          text(0, checked_number<std::uint32_t>(offset + at), "glibc-hwcaps name"));
      cache.glibc_hwcaps.push_back(std::move(name));
    }
  }
  return {};
}

Result<void> Parser::read_extension(std::size_t extension, LdCache& cache) {
  if (extension == 0) return {};
  const auto magic = number<std::uint32_t>(extension);
  const auto count = number<std::uint32_t>(extension + 4);
  if (!magic || *magic != kExtensionMagic || !count || *count > kMaxExtensionSections ||
      (bytes_.size() - extension - kExtensionHeaderBytes) / kSectionBytes < *count) {
    return malformed("no extension at offset " + std::to_string(extension));
  }
  for (std::size_t i = 0; i < *count; ++i) {
    const std::size_t section = extension + kExtensionHeaderBytes + i * kSectionBytes;
    NVINJECT_RETURN_IF_ERROR(read_section(section, cache));
  }
  return {};
}

Result<LdCache> Parser::parse() {
  if (bytes_.size() > kMaxLdCacheBytes) {
    return malformed("larger than " + std::to_string(kMaxLdCacheBytes) + " bytes");
  }
  LdCache cache;
  std::size_t new_start = 0;
  if (has(0, kOldMagic)) {
    NVINJECT_ASSIGN_OR_RETURN(const Table old, old_table());
    new_start = round_up(old.strings, 8);
    if (!has(new_start, kNewMagic)) {
      cache.format = LdCacheFormat::kOld;
      NVINJECT_ASSIGN_OR_RETURN(cache.entries, entries(old));
      return cache;
    }
    cache.format = LdCacheFormat::kCompat;
  } else if (!has(0, kNewMagic)) {
    return malformed("it is none, it starts with " + quote(bytes_.substr(0, kNewMagic.size())));
  }
  NVINJECT_ASSIGN_OR_RETURN(const Table table, new_table(new_start));
  NVINJECT_ASSIGN_OR_RETURN(cache.entries, entries(table));
  NVINJECT_RETURN_IF_ERROR(
      read_extension(checked_number<std::uint32_t>(new_start + kNewExtensionAt), cache));
  return cache;
}

}  // namespace

Result<LdCache> parse_ld_cache(std::string_view bytes) { return Parser(bytes).parse(); }

}  // namespace nvinject
