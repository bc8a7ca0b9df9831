// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/text.h"

// What is read of a library of 100 MB, all of it found without section headers (stripped driver
// libraries need not have any): a few hundred bytes, in three reads.
//
//   ELF header, program headers ──┬─► PT_DYNAMIC: { tag, value } …
//                                 │     DT_SONAME: an offset in the string table
//                                 │     DT_STRTAB: its address ──┐
//                                 └─► PT_LOAD: address ──► place in the file ──► the name
//
// By pread, never mapped: whoever truncates a mapped file kills its reader with SIGBUS, and an
// image's files belong to the image. Without libelf, which takes five reads and looks at section
// headers, whose number is a word of the file: a container start reads a dozen libraries.

namespace nvinject {
namespace {

// Real libraries have about 10, 600 bytes and 30.
constexpr std::size_t kMaxProgramHeaders = 256;
constexpr std::size_t kMaxDynamicBytes = 65536;
constexpr std::size_t kMaxSonameBytes = 256;

// Enough for the ELF header and the program headers of real libraries, which lie behind it.
constexpr std::size_t kFirstBytes = 1024;

struct Elf64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
};
struct Elf32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
};

tl::unexpected<Error> malformed(std::string_view name, std::string_view what) {
  return fail(ErrorCode::kInvalidRequest, "read ELF " + quote(name) + ": " + std::string(what));
}

// As many bytes as there are, at most `size`.
Result<std::size_t> read_some(int fd, std::string_view name, std::uint64_t offset, char* bytes,
                              std::size_t size) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) - size) {
    return malformed(name, "an offset beyond any file");
  }
  for (;;) {
    const ssize_t got = ::pread(fd, bytes, size, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail_errno("read ELF", name, errno);
  }
}

// All of it, or malformed.
Result<void> read_all(int fd, std::string_view name, std::uint64_t offset, char* bytes,
                      std::size_t size) {
  std::size_t used = 0;
  while (used < size) {
    NVINJECT_ASSIGN_OR_RETURN(const std::size_t got,
                              read_some(fd, name, offset + used, bytes + used, size - used));
    if (got == 0) return malformed(name, "it ends too early");
    used += got;
  }
  return {};
}

// Structures as they lie in the file; the caller has bounded their number.
template <class Item>
Result<std::vector<Item>> read_items(int fd, std::string_view name, std::uint64_t offset,
                                     std::size_t count) {
  std::vector<Item> items(count);
  NVINJECT_RETURN_IF_ERROR(
      read_all(fd, name, offset, reinterpret_cast<char*>(items.data()), count * sizeof(Item)));
  return items;
}

template <class Bits>
Result<std::vector<typename Bits::Segment>> read_segments(int fd, std::string_view name,
                                                          const typename Bits::Header& header,
                                                          std::string_view first) {
  using Segment = typename Bits::Segment;
  if (header.e_phnum == 0) return std::vector<Segment>();
  // Also PN_XNUM, "see elsewhere".
  if (header.e_phnum > kMaxProgramHeaders || header.e_phentsize != sizeof(Segment)) {
    return malformed(name, "an implausible header");
  }
  const std::size_t size = header.e_phnum * sizeof(Segment);
  if (header.e_phoff > first.size() || first.size() - header.e_phoff < size) {
    return read_items<Segment>(fd, name, header.e_phoff, header.e_phnum);
  }
  std::vector<Segment> segments(header.e_phnum);
  std::memcpy(segments.data(), first.data() + header.e_phoff, size);
  return segments;
}

struct DynamicFacts {
  std::optional<std::uint64_t> soname;
  std::optional<std::uint64_t> string_table;
};

template <class Bits>
Result<DynamicFacts> read_dynamic(int fd, std::string_view name,
                                  const typename Bits::Segment& segment) {
  using Dynamic = typename Bits::Dynamic;
  if (segment.p_filesz > kMaxDynamicBytes) return malformed(name, "a huge dynamic segment");
  NVINJECT_ASSIGN_OR_RETURN(
      const std::vector<Dynamic> entries,
      read_items<Dynamic>(fd, name, segment.p_offset, segment.p_filesz / sizeof(Dynamic)));
  DynamicFacts facts;
  for (const Dynamic& entry : entries) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_SONAME) facts.soname = entry.d_un.d_val;
    if (entry.d_tag == DT_STRTAB) facts.string_table = entry.d_un.d_ptr;
  }
  return facts;
}

template <class Segment>
std::optional<std::uint64_t> file_offset(const std::vector<Segment>& segments,
                                         std::uint64_t address) {
  for (const Segment& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz) {
      return std::uint64_t{segment.p_offset} + (address - segment.p_vaddr);
    }
  }
  return std::nullopt;
}

Result<std::string> read_name(int fd, std::string_view name, std::uint64_t offset) {
  std::array<char, kMaxSonameBytes> bytes{};
  NVINJECT_ASSIGN_OR_RETURN(const std::size_t got,
                            read_some(fd, name, offset, bytes.data(), bytes.size()));
  const std::string_view text(bytes.data(), got);
  const std::size_t length = text.find('\0');
  if (length == std::string_view::npos) return malformed(name, "a DT_SONAME without an end");
  return std::string(text.substr(0, length));
}

template <class Segment>
const Segment* find_dynamic(const std::vector<Segment>& segments) {
  const auto found = std::find_if(segments.begin(), segments.end(), [](const Segment& segment) {
    return segment.p_type == PT_DYNAMIC;
  });
  return found == segments.end() ? nullptr : &*found;
}

template <class Bits>
Result<std::string> read_soname(int fd, std::string_view name, const typename Bits::Header& header,
                                std::string_view first) {
  NVINJECT_ASSIGN_OR_RETURN(const auto segments, read_segments<Bits>(fd, name, header, first));
  const auto* const dynamic = find_dynamic(segments);
  if (dynamic == nullptr) return std::string();
  NVINJECT_ASSIGN_OR_RETURN(const DynamicFacts facts, read_dynamic<Bits>(fd, name, *dynamic));
  if (!facts.soname) return std::string();
  if (!facts.string_table) return malformed(name, "DT_SONAME without DT_STRTAB");
  const auto strings = file_offset(segments, *facts.string_table);
  if (!strings) return malformed(name, "DT_STRTAB outside of every loaded segment");
  return read_name(fd, name, *strings + *facts.soname);
}

template <class Bits>
Result<ElfFacts> read_facts(int fd, std::string_view name, std::string_view first,
                            ElfClass elf_class) {
  typename Bits::Header header;
  if (first.size() < sizeof header) return malformed(name, "it ends too early");
  std::memcpy(&header, first.data(), sizeof header);
  ElfFacts facts{
      .elf_class = elf_class, .machine = header.e_machine, .type = header.e_type, .soname = {}};
  NVINJECT_ASSIGN_OR_RETURN(facts.soname, read_soname<Bits>(fd, name, header, first));
  return facts;
}

}  // namespace

Result<ElfFacts> read_elf(int fd, std::string_view name) {
  std::array<char, kFirstBytes> bytes{};
  NVINJECT_ASSIGN_OR_RETURN(const std::size_t got,
                            read_some(fd, name, 0, bytes.data(), bytes.size()));
  const std::string_view first(bytes.data(), got);
  if (first.size() < EI_NIDENT || !first.starts_with(ELFMAG)) {
    return malformed(name, "not an ELF file");
  }
  constexpr char kNativeData =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  if (first[EI_DATA] != kNativeData) return malformed(name, "another byte order");
  if (first[EI_CLASS] == ELFCLASS64) return read_facts<Elf64>(fd, name, first, ElfClass::k64);
  if (first[EI_CLASS] == ELFCLASS32) return read_facts<Elf32>(fd, name, first, ElfClass::k32);
  return malformed(name, "an implausible header");
}

#if defined(__x86_64__)
std::uint16_t native_machine() { return EM_X86_64; }
std::uint16_t native_machine_32() { return EM_386; }
#elif defined(__aarch64__)
std::uint16_t native_machine() { return EM_AARCH64; }
std::uint16_t native_machine_32() { return EM_ARM; }
#else
#error "the machine of this architecture's programs is not known here"
#endif

}  // namespace nvinject
