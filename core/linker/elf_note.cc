// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf_note.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/base/text.h"

// Three bounded reads by offset, whatever the file's size; without libelf, which reads the whole
// table of names to find one:
//
//   ELF header ──► section headers ──┬─► names of sections ──► the one that is wanted
//                                    └─► that section: { size of owner, size of text, kind,
//                                                        owner, fill, text, fill } …

namespace nvinject {
namespace {

// Real libraries have about 40 sections with names of 500 bytes together.
constexpr std::size_t kMaxNoteSections = 256;
constexpr std::size_t kMaxNameTable = 16384;
constexpr char kNativeData = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

tl::unexpected<Error> malformed_note(std::string_view name, std::string_view what) {
  return fail(ErrorCode::kInvalidRequest,
              "read ELF note of " + quote(name) + ": " + std::string(what));
}

// All of it, or malformed_note.
Result<void> read_at(int fd, std::string_view name, std::uint64_t offset, char* bytes,
                     std::size_t size) {
  constexpr auto kFarthest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  if (offset > kFarthest - size) return malformed_note(name, "an offset beyond any file");
  std::size_t used = 0;
  while (used < size) {
    const ssize_t got = ::pread(fd, bytes + used, size - used, static_cast<off_t>(offset + used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read ELF note of", name, errno);
    if (got == 0) return malformed_note(name, "it ends too early");
    used += static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::string> read_text_at(int fd, std::string_view name, std::uint64_t offset,
                                 std::size_t size) {
  std::string bytes(size, '\0');
  NVINJECT_RETURN_IF_ERROR(read_at(fd, name, offset, bytes.data(), bytes.size()));
  return bytes;
}

Result<Elf64_Ehdr> read_header(int fd, std::string_view name) {
  Elf64_Ehdr header;
  NVINJECT_RETURN_IF_ERROR(read_at(fd, name, 0, reinterpret_cast<char*>(&header), sizeof header));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != kNativeData) {
    return malformed_note(name, "no 64-bit ELF file of this byte order");
  }
  return header;
}

Result<std::vector<Elf64_Shdr>> read_sections(int fd, std::string_view name,
                                              const Elf64_Ehdr& header) {
  if (header.e_shoff == 0) return std::vector<Elf64_Shdr>();
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > kMaxNoteSections) {
    return malformed_note(name, "implausible section headers");
  }
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  NVINJECT_RETURN_IF_ERROR(read_at(fd, name, header.e_shoff,
                                   reinterpret_cast<char*>(sections.data()),
                                   sections.size() * sizeof(Elf64_Shdr)));
  return sections;
}

bool is_named(std::string_view names, std::size_t offset, std::string_view wanted) {
  if (offset >= names.size()) return false;
  const std::string_view rest = names.substr(offset);
  return rest.size() > wanted.size() && rest.starts_with(wanted) && rest[wanted.size()] == '\0';
}

// The bytes as they follow each other; the place in them is never beyond their end.
class Cursor {
 public:
  Cursor(std::string_view bytes, std::size_t alignment) : bytes_(bytes), alignment_(alignment) {}

  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  // Empty when there are not so many.
  [[nodiscard]] std::optional<std::string_view> take(std::size_t size) {
    if (size > bytes_.size() - at_) return std::nullopt;
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }
  // Linkers leave out the fill behind the last note.
  void align() {
    const std::size_t over = at_ % alignment_;
    if (over != 0) at_ += std::min(alignment_ - over, bytes_.size() - at_);
  }

 private:
  std::string_view bytes_;
  std::size_t alignment_;
  std::size_t at_ = 0;
};

std::string_view without_trailing_zeros(std::string_view text) {
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

}  // namespace

Result<std::optional<std::string>> find_elf_note(std::string_view section, std::size_t alignment,
                                                 std::string_view owner) {
  Cursor cursor(section, std::max<std::size_t>(alignment, 1));
  while (!cursor.at_end()) {
    Elf64_Nhdr note;
    const auto header = cursor.take(sizeof note);
    if (!header) return fail(ErrorCode::kInvalidRequest, "parse ELF note: half a header");
    std::memcpy(&note, header->data(), sizeof note);
    const auto name = cursor.take(note.n_namesz);
    cursor.align();
    const auto text = cursor.take(note.n_descsz);
    cursor.align();
    if (!name || !text) {
      return fail(ErrorCode::kInvalidRequest, "parse ELF note: longer than its section");
    }
    if (without_trailing_zeros(*name) == owner) return std::string(without_trailing_zeros(*text));
  }
  return std::nullopt;
}

Result<std::optional<std::string>> read_elf_note(int fd, std::string_view name,
                                                 const ElfNoteName& wanted) {
  NVINJECT_ASSIGN_OR_RETURN(const Elf64_Ehdr header, read_header(fd, name));
  NVINJECT_ASSIGN_OR_RETURN(const auto sections, read_sections(fd, name, header));
  if (sections.empty()) return std::nullopt;
  if (header.e_shstrndx >= sections.size())
    return malformed_note(name, "its sections have no names");
  const Elf64_Shdr& table = sections[header.e_shstrndx];
  if (table.sh_size > kMaxNameTable) return malformed_note(name, "a huge table of names");
  NVINJECT_ASSIGN_OR_RETURN(const std::string names,
                            read_text_at(fd, name, table.sh_offset, table.sh_size));
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const Elf64_Shdr& section) {
    return section.sh_type == SHT_NOTE && is_named(names, section.sh_name, wanted.section);
  });
  if (found == sections.end()) return std::nullopt;
  if (found->sh_size > kMaxElfNoteBytes) return malformed_note(name, "a huge note");
  if (found->sh_addralign > 8) return malformed_note(name, "a note of an odd alignment");
  NVINJECT_ASSIGN_OR_RETURN(const std::string section,
                            read_text_at(fd, name, found->sh_offset, found->sh_size));
  return find_elf_note(section, found->sh_addralign, wanted.owner);
}

}  // namespace nvinject
